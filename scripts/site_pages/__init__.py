"""The pages of the site before Sphinx renders them: lessons from the solutions, and what stands in docs/."""
