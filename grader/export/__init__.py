"""A class in another program's form."""
