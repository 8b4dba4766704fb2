"""The cost of the network as users of PyTorch and of JAX write it.

Both find the gradient themselves. A framework is imported when it is first used: the
course does without.
"""


def torch_cost(parameters, images, targets):
    """The cost of a batch, with the layers of PyTorch; tied winners: the first.

    parameters: four tensors. images: (N, H, W), targets: (N, O), tensors of the same
    type. Blocks of 2 x 2. Returns a tensor of one number, with its tape.
    """
    import torch

    layers = torch.nn.functional
    conv_w, conv_b, out_w, out_b = parameters
    conv_z = layers.conv2d(images[:, None], conv_w[:, None], conv_b)
    pooled = layers.max_pool2d(torch.sigmoid(conv_z), 2)
    out_z = layers.linear(pooled.flatten(1), out_w.flatten(1), out_b)
    return 0.5 * ((torch.sigmoid(out_z) - targets) ** 2).sum()


def jax_cost(parameters, images, targets):
    """The cost of a batch, with the functions of JAX; tied winners share.

    parameters: four arrays. images: (N, H, W), targets: (N, O). Blocks of 2 x 2.
    Returns a number that jax.grad can differentiate.
    """
    import jax

    conv_w, conv_b, out_w, out_b = parameters
    convolve = jax.lax.conv_general_dilated
    conv_z = convolve(images[:, None], conv_w[:, None], (1, 1), "VALID")
    conv_a = jax.nn.sigmoid(conv_z + conv_b[:, None, None])
    n, k, i, j = conv_a.shape
    pooled = conv_a.reshape(n, k, i // 2, 2, j // 2, 2).max(axis=(3, 5))
    sum_over = (1, 2, 3), (1, 2, 3)
    out_z = jax.numpy.tensordot(pooled, out_w, sum_over) + out_b
    return 0.5 * ((jax.nn.sigmoid(out_z) - targets) ** 2).sum()
