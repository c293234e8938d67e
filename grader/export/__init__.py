"""A class in another program's form.

Two kinds of module are here. `csv`, `junit`, `gradescope` and `classroom50` write a file of their own. `canvas` and
`moodle` fill a file that the instructor exported, through `gradesheets` (whose row is it) and `spreadsheet` (which
bytes are it), since both platforms take back only what they gave.
"""
