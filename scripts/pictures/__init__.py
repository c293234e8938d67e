"""The pictures of the lessons, a module per chapter, drawn from the chapter's solution."""
