"""Right answers to the exercises, and the wrong ones they are told apart from.

One module for each notebook beside it; its `EXERCISES` go to `check`.
"""
