"""A window slides over an image, then its feature map is pooled: a number at a time."""

from types import SimpleNamespace

import numpy as np

from helpers import network
from helpers.instruments import svg
from helpers.instruments.instrument import Instrument, backwards, behind


class ConvolutionStepper(Instrument):
    """A filter slides over an image, then the feature map is pooled, a number a step.

    digits: images (N, 6, 6) and targets (N, 3), as from load_digits. parameters: the
    course's 69 numbers. image, k, hidden: to start with. Raises ValueError for other
    sizes, and for what is not there.
    """

    panel = {
        "k": ("choice", "filter", (0, 1, 2)),
        "step": ("slider", "step", (0, 19, 1)),
        "playing": ("play", "play", 500),
        "first": ("rewind", "to the start", ()),
        "hidden": ("choice", "you first", ("off", "on")),
    }

    def exercises(self, f, *at):
        """What the class answers first: z and a of a window, or one pooled number."""
        if self.hidden == "off" or self.playing:
            return ()
        places, blocks = [(self.k, *at)], network.blocks(f.conv_a, 2)
        if self.step >= 16:
            wrong = {"the mean": blocks.mean((3, 4)), "the least": blocks.min((3, 4))}
            return (("pooled", places, "02 §5", wrong),)
        sums, turned = f.conv_z - f.conv_b[:, None, None], f.conv_w[:, ::-1, ::-1]
        z = {"the bias is missing": sums, "the bias is taken away": 2 * sums - f.conv_z}
        z["the filter is turned"] = network.convolve(f.image, turned, f.conv_b)
        a = {"σ is missing": f.conv_z, "σ′ for σ": f.slope}
        a |= {cause: network.sigmoid(wrong) for cause, wrong in z.items()}
        return ("conv_z", places, "02 §1", z), ("conv_a", places, "02 §1", a)

    def draw(self):
        image, k, n = self.inputs[self.image], self.k, self.step
        flow = backwards(image, self.targets[self.image], self.parameters)
        slides, (i, j), (u, v) = n < 16, divmod(n % 16, 4), divmod(max(n - 16, 0), 2)
        flow = self.hide(flow, *self.exercises(flow, *((i, j) if slides else (u, v))))
        shown = SimpleNamespace(**vars(flow))
        shown.conv_a, shown.pooled = flow.conv_a.copy(), flow.pooled.copy()
        shown.conv_a[k].flat[n + 1 :] = shown.pooled[k].flat[max(n - 15, 0) :] = np.nan
        reached = np.isfinite(np.kron(shown.pooled[k], np.ones((2, 2))))
        seen = (i, j, 3, 3) if slides else None
        window = (i, j, 1, 1) if slides else (2 * u, 2 * v, 2, 2)
        map_ = f"conv_a {k}", 0, 170, (64, 22), f"feature map a^F_{k} = σ(z^F_{k})", 4
        pooled = f"pooled {k}", 330, 170, (64, 22), f"pooled map p_{k}", 4
        drawn = [
            svg.grid(shown, "image", 0, 22, 20, "image x", window=seen),
            svg.grid(shown, *map_, framed=(flow.share[k] > 0) & reached, window=window),
            svg.grid(shown, *pooled, window=None if slides else (u, v, 1, 1)),
        ]
        if slides:
            shown.window = image[i : i + 3, j : j + 3]
            shown.product = flow.conv_w[k] * shown.window
            limit = np.max(np.abs(flow.conv_w))
            z, a = flow.conv_z[k, i, j], flow.conv_a[k, i, j]
            total = z if np.isinf(z) else np.sum(shown.product)
            sums = f"sum {total:.3f} + bias {flow.conv_b[k]:.3f} = z = {z:.3f}, "
            sums += f"σ(z) = a = {a:.4f}"
            drawn += [
                svg.grid(shown, "window", 150, 22, (30, 28), "window", 0),
                svg.text(244, 70, "×"),
                svg.grid(shown, f"conv_w {k}", 266, 22, (58, 28), f"filter w^F_{k}", 3),
                svg.text(444, 70, "="),
                svg.grid(shown, "product", 464, 22, (58, 28), "products", 3, limit),
                svg.text(150, 128, sums.replace("inf", "?")),
            ]
        at = self.at or (f"conv_a {k} {i} {j}" if slides else f"pooled {k} {u} {v}")
        caption = f"filter {k} slides over image {self.image}, then its map is pooled"
        return svg.picture(caption, drawn), behind(at, False, flow)
