"""What layers are told alike: activations, first weights, penalties and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from forecaster.spec import OneOf, Spec

if TYPE_CHECKING:
    import keras

Activation = Annotated[
    Literal[
        "linear",
        "tanh",
        "relu",
        "sigmoid",
        "hard_sigmoid",
        "elu",
        "selu",
        "gelu",
        "silu",
        "softplus",
        "softsign",
    ],
    OneOf(
        {
            "linear": "x itself.",
            "tanh": "Hyperbolic tangent, from -1 to 1.",
            "relu": "x above 0, else 0. Unbounded, so a recurrent layer often needs gradient clipping.",
            "sigmoid": "1 / (1 + exp(-x)), from 0 to 1.",
            "hard_sigmoid": "Straight-line approximation of sigmoid; cheaper.",
            "elu": "x above 0, else exp(x) - 1.",
            "selu": "elu, scaled so that mean and variance stay near 0 and 1 from layer to layer.",
            "gelu": "x times the normal distribution function of x: a smooth relu.",
            "silu": "x times sigmoid(x), also called swish: a smooth relu.",
            "softplus": "log(1 + exp(x)): a smooth relu that is always positive.",
            "softsign": "x / (1 + |x|), from -1 to 1; saturates more slowly than tanh.",
        }
    ),
]
Initializer = Annotated[
    Literal[
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "lecun_uniform",
        "lecun_normal",
        "orthogonal",
        "zeros",
        "ones",
        "random_normal",
        "random_uniform",
        "truncated_normal",
    ],
    OneOf(
        {
            "glorot_uniform": "Uniform; variance 2 / (inputs + outputs). Suits tanh and sigmoid.",
            "glorot_normal": "Truncated normal; variance 2 / (inputs + outputs).",
            "he_uniform": "Uniform; variance 2 / inputs. Suits relu.",
            "he_normal": "Truncated normal; variance 2 / inputs.",
            "lecun_uniform": "Uniform; variance 1 / inputs. Suits selu.",
            "lecun_normal": "Truncated normal; variance 1 / inputs.",
            "orthogonal": "A random orthogonal matrix, which keeps the length of a state from step to step.",
            "zeros": "All 0.",
            "ones": "All 1.",
            "random_normal": "Normal with standard deviation 0.05.",
            "random_uniform": "Uniform from -0.05 to 0.05.",
            "truncated_normal": "Normal with standard deviation 0.05, without values beyond two of them.",
        }
    ),
]
# Activations that the time loops of loops/recurrence implement.
LOOP_ACTIVATIONS = frozenset({"tanh", "sigmoid", "relu", "linear"})
Rate = Annotated[float, Field(ge=0, lt=1)]
Units = Annotated[
    int,
    Field(
        ge=1,
        le=65536,
        description="The width of the layer: how many numbers it puts out at each step.",
        examples=[64],
    ),
]
InputInitializer = Annotated[
    Initializer,
    Field(
        description="How the weights on the layer's inputs are drawn before training.", examples=["he_normal"]
    ),
]


class RegularizerSpec(Spec):
    """A penalty on weights that is added to the training loss, but not to val_loss."""

    l1: Annotated[float, Field(ge=0)] = Field(0.0, examples=[1.0e-5])
    """Factor of the sum of the absolute weights. It drives small weights to 0."""
    l2: Annotated[float, Field(ge=0)] = Field(0.0, examples=[1.0e-5])
    """Factor of the sum of the squared weights. It keeps all weights small."""

    def regularizer(self) -> keras.Regularizer:
        """Return the Keras regularizer."""
        import keras

        return keras.regularizers.L1L2(l1=self.l1, l2=self.l2)


InputRegularizer = Annotated[
    RegularizerSpec | None,
    Field(description="Penalty on the weights on the layer's inputs. null: none.", examples=[{"l2": 1.0e-5}]),
]
