# %% [markdown]
# # Chapter 12: Out into the world with ONNX
#
# Time: about 75 minutes. Section 9 of the essay.
#
# Your network works, but only next to your Python files. ONNX (Open Neural Network Exchange) is a format that
# phones, browsers and servers read without them. In this chapter you write a network as an ONNX model, run
# such models with an interpreter of your own, and look at one in Netron.

# %%
from __future__ import annotations

from typing import Any

import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from torch import Tensor

# %% [markdown]
# ## A model is a list of operations
#
# An ONNX model holds no code. Its graph lists *nodes*, operations that read values by name and write values
# by name; *initializers*, which are the weights; and the names, types and shapes of the graph's inputs and
# outputs. The model also declares an *operator set*: the edition of the rule book that its operations follow.
#
#     x ---Gemm--- z1 ---Relu--- a1 ---Gemm--- z2 ---Softmax--- p
#          /  \                       /  \
#         w1  b1                     w2  b2                            initializers
#
#     Gemm(A, B, C) = alpha * A' B' + beta * C          A' is A, or its transpose if transA = 1; so is B'
#
# **By hand.** PyTorch stores a weight as (outputs, inputs): a linear layer is a Gemm with transB = 1. Three
# layers make 3 Gemm, with a Relu between each two: 5 nodes, and 6 initializers.
#
# **The batch axis gets a name.** Each dimension of an input is a number or a name. Write the 32 of your
# example as a number, and a runtime may refuse a batch of 31. Write "N", and any batch will do.
#
# **Pitfall.** With transB left out, a square weight is used the wrong way round. The file is valid and runs,
# the numbers are wrong. Checkers look at shapes, not at meaning: compare the outputs with the network's own.
#
# ```python
# >>> w, b, x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0.0, 10.0]), torch.tensor([[1.0, 0.0]])
# >>> graph = export_mlp([(w, b), (w, b), (w, b)]).graph
# >>> [node.op_type for node in graph.node], len(graph.initializer)
# (['Gemm', 'Relu', 'Gemm', 'Relu', 'Gemm'], 6)
# >>> run_model(export_mlp([(w, b)]), x), x @ w + b
# (tensor([[ 1., 13.]]), tensor([[ 1., 12.]]))
# ```
#
# **Predict, then run.** How many nodes does `export_mlp([(w, b)], softmax=True)` have?
#
# <details><summary>Answer</summary><!-- answer: 2 -->2, Gemm and Softmax. The only layer is the last: no
# Relu.</details>


# %%
# BEGIN SOLUTION
def _initializer(name: str, values: Tensor) -> TensorProto:
    """Store a tensor in a model under a name."""
    return helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.flatten().tolist())


# END SOLUTION


def export_mlp(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """Write a multilayer perceptron as an ONNX model: ReLU between the layers, none after the last.

    The model declares operator set 17 of the default domain, so that older runtimes read it too. It holds its
    weights itself, as initializers that the nodes read by name, not in nodes of type Constant. Its nodes stand
    in an order in which they can be run. All names are free.

    Args:
        layers: at least one pair (weight, bias) of float32 tensors, shapes (H, D) and (H,); the width H of a
            layer is the D of the next.
        softmax: whether a softmax over the classes follows the last layer.

    Returns:
        A model with one input, float32 of shape (batch, D of the first layer), and one output, float32 of
        shape (batch, H of the last layer). The size of the batch axis is a name, the same in both.

    Example: two layers give the operations Gemm, Relu, Gemm; with softmax, Softmax comes last.

    Source: ONNX, Intermediate Representation Specification, and Operators: Gemm, Relu, Softmax; the essay,
    section 9.
    """
    # BEGIN SOLUTION
    nodes, weights, current = [], [], "x"
    for i, (weight, bias) in enumerate(layers):
        weights += [_initializer(f"w{i}", weight), _initializer(f"b{i}", bias)]
        nodes += [
            helper.make_node("Gemm", [current, f"w{i}", f"b{i}"], [f"z{i}"], transB=True),
            helper.make_node("Relu", [f"z{i}"], [f"a{i}"]),
        ]
        current = f"a{i}"
    nodes.pop()  # no ReLU after the last layer
    if softmax:
        nodes.append(helper.make_node("Softmax", nodes[-1].output, ["p"]))
    (_, width_in), (width_out, _) = layers[0][0].shape, layers[-1][0].shape
    (last,) = nodes[-1].output
    graph = helper.make_graph(
        nodes,
        "mlp",
        inputs=[helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", width_in])],
        outputs=[helper.make_tensor_value_info(last, TensorProto.FLOAT, ["N", width_out])],
        initializer=weights,
    )
    return helper.make_model_gen_version(graph, opset_imports=[helper.make_opsetid("", 17)])
    # END SOLUTION


# %% [markdown]
# ## An interpreter in a dozen lines
#
# ![the graph of a network with two layers](../pictures/ch12_onnx/graph.en.svg)
#
# A runtime does little more than this: it keeps a table from names to tensors, which holds the initializers
# and the input at first, and takes the nodes in order. Each reads its inputs from the table and writes its
# output into it. At the end, the name of the graph's output is looked up.
#
# **By hand.** Two layers and the row x = (1, 2).
#
#     node     reads                                             writes
#     Gemm     x     w0 = (1, -1), (2, 1)     b0 = (0, 1)        z0 = (-1, 5)
#     Relu     z0                                                a0 = (0, 5)
#     Gemm     a0    w1 = (4, -1)             b1 = 0.5           z1 = -4.5, the output
#
# ```python
# >>> first = torch.tensor([[1.0, -1.0], [2.0, 1.0]]), torch.tensor([0.0, 1.0])
# >>> second = torch.tensor([[4.0, -1.0]]), torch.tensor([0.5])
# >>> model = export_mlp([first, second])
# >>> run_model(model, torch.tensor([[1.0, 2.0]]))
# tensor([[-4.5000]])
# ```
#
# An operation that you do not know must stop the run and be named. Skipped in silence, it makes wrong
# numbers.

# %% [markdown]
# **Pitfall.** A model that somebody else wrote says only what differs from the defaults. An `alpha` or `beta`
# that is not there is 1, not 0; a `transB` is 0; the third input of Gemm may be missing. Old files list the
# initializers among the inputs too: the model's own input is the one that no initializer fills.
#
# **Predict, then run.** The first Gemm gets alpha = 2. What does the same row give now?
#
#     model.graph.node[0].attribute.append(helper.make_attribute("alpha", 2.0))
#     run_model(model, torch.tensor([[1.0, 2.0]]))
#
# <details><summary>Answer</summary><!-- answer: -8.5 -->-8.5. alpha doubles the product, not the bias: z0 =
# (-2, 9).</details>


# %%
# BEGIN SOLUTION
def _gemm(
    a: Tensor,
    b: Tensor,
    c: Tensor | float = 0.0,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Tensor:
    """Multiply two matrices as the standard's Gemm does."""
    a, b = a.T if transA else a, b.T if transB else b
    return alpha * (a @ b) + beta * c


def _softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    """Turn scores into shares, safe for large scores."""
    shares = torch.exp(x - x.amax(axis, keepdim=True))
    return shares / shares.sum(axis, keepdim=True)


def _relu(x: Tensor) -> Tensor:
    """Cut negative numbers to 0."""
    return x.clamp(min=0)


# END SOLUTION


def run_model(model: ModelProto, x: Tensor) -> Tensor:
    """Run an ONNX model on x, one node after the other.

    It knows the operations Gemm, MatMul, Add, Relu and Softmax of operator set 13 and later, with all their
    attributes. An attribute or input that the standard lets be missing may be missing; a missing input may
    also have the empty name. The model has one output, and one input that no initializer fills. Its weights
    are float32, and its nodes stand in an order in which they can be run.

    Args:
        model: the model, not necessarily one of `export_mlp`.
        x: float32, of the shape that the model's input asks for.

    Returns:
        The model's output, float32.

    Raises:
        ValueError: if a node is an operation of another type; the message names its `op_type`.

    Example: a model whose only node is a Relu turns (-1, 2) into (0, 2).

    Source: ONNX, Operators: Gemm, MatMul, Add, Relu, Softmax; the essay, section 9.
    """
    # BEGIN SOLUTION
    operators = {"Gemm": _gemm, "MatMul": torch.matmul, "Add": torch.add, "Relu": _relu, "Softmax": _softmax}
    graph = model.graph
    values = {weight.name: x.new_tensor(numpy_helper.to_array(weight)) for weight in graph.initializer}
    (name,) = [entry.name for entry in graph.input if entry.name not in values]
    values[name] = x
    for node in graph.node:
        if node.op_type not in operators:
            raise ValueError(
                f"model has a {node.op_type} node; this interpreter knows {', '.join(operators)}"
            )
        inputs = [values[name] for name in node.input if name]
        attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
        (name,) = node.output
        values[name] = operators[node.op_type](*inputs, **attributes)
    (output,) = graph.output
    return values[output.name]
    # END SOLUTION


# %% [markdown]
# ## Look at it
#
# `brick build` writes your trained network to an `.onnx` file, and `brick view` opens it in Netron, a viewer
# that runs in the browser. Click a Gemm: its weights are yours, its `transB` is 1. Click the input: its first
# dimension is a name. Whoever has this file needs neither PyTorch nor your code to run your network.


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. Their `run_exported(layers, x)` writes a network as a model, and runs
# that model on x. The law of every export is that the model answers what the network does. Checkers of files look at
# shapes. As a first try, so do we:
#
# ```python
# >>> def law_first_try(learner, layers, x):
# ...     return learner.run_exported(layers, x).shape == (len(x), len(layers[-1][1]))
# >>> class NotTurned:
# ...     def run_exported(self, layers, x):
# ...         for weight, bias in layers:
# ...             x = x @ weight + bias
# ...         return x
# >>> w, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.zeros(2)
# >>> law_first_try(NotTurned(), [(w, b)], torch.tensor([[1.0, 0.0]]))
# True
# ```
#
# A square weight the wrong way round keeps it. Whoever writes a law asks which nonsense would, and adds what that
# nonsense breaks: here the values, for every row of the batch.
#
# **Pitfall.** A law that asks too much rejects who is right. Other programs add up in another order: with weights that
# are no whole numbers, compare with `torch.allclose`, never with `==`.


# %%
def law_run_exported(learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor) -> bool:
    """Say whether `learner.run_exported(layers, x)` answers what the network itself does.

    It is called with many networks and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `run_exported(layers, x)` should return what the network answers to x: linear
            layers with a relu between each two, and nothing behind the last.
        layers: (weight, bias) of each layer, shapes (outputs, inputs) and (outputs,); whole numbers in float32.
        x: shape (N, inputs of the first layer), whole numbers in float32.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: for one layer with weight (2), bias (-3) and the input 1 the answer -1 is right, and 0 is wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    # BEGIN SOLUTION
    found = learner.run_exported(layers, x)
    *hidden, (last_weight, last_bias) = layers
    for weight, bias in hidden:
        x = (x @ weight.T + bias).relu()
    return found.allclose(x @ last_weight.T + last_bias)
    # END SOLUTION
