"""Muon for the hidden matrices of a small model on a CPU.

The method is Keller Jordan's (https://kellerjordan.github.io/posts/muon/): momentum, then the update
made orthogonal by five Newton-Schulz iterations, scaled to AdamW's usual size (arXiv 2502.16982).
``torch.optim.Muon`` does the same in bfloat16, which CPUs without bfloat16 units emulate; here
matrices of one shape are stacked and worked on in float32 (measured: 0.2 s a step instead of 8.8 s).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer


def orthogonalised(matrices: Tensor) -> Tensor:
    """The stack ``(N, rows, columns)``, rows ≤ columns, with every singular value moved near 1."""
    x: Tensor = matrices / (torch.linalg.matrix_norm(matrices, keepdim=True) + 1e-7)
    for a, b, c in [(3.4445, -4.7750, 2.0315)] * 5:
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x


class Muon(Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, for two-dimensional parameters."""

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            same_shape: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    same_shape[tuple(parameter.shape)].append(parameter)
            for (rows, columns), parameters in same_shape.items():
                updates = []
                for parameter in parameters:
                    assert parameter.grad is not None
                    velocity = self.state[parameter].setdefault("velocity", torch.zeros_like(parameter))
                    velocity.lerp_(parameter.grad, 1 - group["momentum"])
                    updates.append(parameter.grad.lerp(velocity, group["momentum"]))
                stack = torch.stack(updates)
                stack = orthogonalised(stack if rows <= columns else stack.mT)
                stack = stack if rows <= columns else stack.mT
                scale = 0.2 * max(rows, columns) ** 0.5
                for parameter, update in zip(parameters, stack, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update, alpha=-group["lr"] * scale)
