import numpy as np
import traitlets

from helpers import network
from helpers.instruments import svg
from helpers.instruments.instrument import SWITCH, Instrument, backwards, behind


class Stepper(Instrument):
    """A filter slides over an image, then the map is pooled, a number a step."""

    last, pause = 19, traitlets.Int(500).tag(sync=True)
    panel = (
        ("k", "choice", "filter", (0, 1, 2)),
        ("step", "slider", "step", (0, last, 1)),
        ("playing", "switch", "play / pause", SWITCH),
        ("first", "button", "to the start", ()),
        ("hidden", "switch", "you first", SWITCH),
    )

    def exercises(self, f, kind, place):
        """What the class answers first: z and a of a window, or one pooled number."""
        if self.playing or not self.hidden:
            return ()
        if kind == "pooled":
            blocks = network.blocks(f.conv_a, 2)
            wrong = {"the mean": blocks.mean((3, 4)), "the least": blocks.min((3, 4))}
            return ((kind, [place], "02 §5", wrong),)
        sums, turned = f.conv_z - f.conv_b[:, None, None], f.conv_w[:, ::-1, ::-1]
        z = {"the bias is missing": sums, "the bias is taken away": 2 * sums - f.conv_z}
        z["the filter is turned"] = network.convolve(f.image, turned, f.conv_b)
        a = {"σ is missing": f.conv_z, "σ′ for σ": f.slope}
        a |= {cause: network.sigmoid(wrong) for cause, wrong in z.items()}
        return ("conv_z", [place], "02 §1", z), (kind, [place], "02 §1", a)

    def draw(self):
        k, n, image = self.k, self.step, self.inputs[self.image]
        f = backwards(image, self.targets[self.image], self.parameters)
        kind, place = "conv_a", (k, *divmod(n, 4))
        if n >= 16:
            kind, place = "pooled", (k, *divmod(n - 16, 2))
        self.hide(f, *self.exercises(f, kind, place))
        f.conv_a[k].flat[n + 1 :] = f.pooled[k].flat[max(n - 15, 0) :] = np.nan
        f.share[np.isnan(np.kron(f.pooled, np.ones((2, 2))))] = 0
        here = svg.key(kind, place)
        says, f.windows[here] = behind(here, False, f), (1, 1)
        maps = [
            ("image", 0, 22, 20, "image x"),
            (f"conv_a {k}", 0, 170, (72, 22), f"feature map a^F_{k} = σ(z^F_{k})", 4),
            (f"pooled {k}", 340, 170, (72, 22), f"pooled map p_{k}", 4),
        ]
        words = []
        if n < 16:
            _, i, j = place
            f.window = image[i : i + 3, j : j + 3]
            f.product = f.conv_w[k] * f.window
            f.limits["product"] = np.max(np.abs(f.conv_w))
            maps += [
                ("window", 150, 22, (30, 28), "window", 1),
                (f"conv_w {k}", 266, 22, (58, 28), f"× filter w^F_{k}", 4),
                ("product", 464, 22, (58, 28), "= products", 4),
            ]
            parts = f.conv_b[k], f.conv_z[place], f.conv_a[place]
            b, z, a = (svg.figures(part, 4) for part in parts)
            total = "?" if z == "?" else svg.figures(np.sum(f.product), 4)
            sums = f"sum {total} + bias {b} = z = {z}, σ(z) = a = {a}"
            words.append(svg.text(150, 128, sums))
        drawn = [svg.grid(f, *place) for place in maps]
        return [*drawn, *words], behind(self.at, False, f) or says
