"""How good a judge is, as formulas: arrays in, estimates out. No Django, no database; every formula names its source.

What is no matter of judges alone (agreement, rank correlation, prediction-powered means) is in `core.statistics`.
"""
