"""The network to be moved by hand: five instruments, each with one idea."""

from helpers.instruments.backward_explorer import Explorer as backward_explorer
from helpers.instruments.convolution_stepper import Stepper as convolution_stepper
from helpers.instruments.instrument import live
from helpers.instruments.learn import Learn as learn
from helpers.instruments.one_weight import OneWeight as one_weight
from helpers.instruments.training_scrubber import Scrubber as training_scrubber

__all__ = [
    "backward_explorer", "convolution_stepper", "learn", "live", "one_weight",
    "training_scrubber",
]  # fmt: skip
