"""The steps of a form's life, one module and one function each, with the verbs of an election office.

A use case takes its ports as keyword arguments and the time as a value. It raises the errors of `domain.errors` and
nothing else on purpose.
"""
