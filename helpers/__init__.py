"""What the notebooks of this course share: the data, the derived functions, the checks and the plots."""
