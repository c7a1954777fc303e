"""Everything that editors can order, and the stages that turn an article into posts. The command line and the
desk (the editors' chat) call the same functions here.
"""
