"""Are the checks strong and fair?"""
