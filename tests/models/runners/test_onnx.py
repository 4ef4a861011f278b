"""ONNX files of the usual forms, made here node by node."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from monitor.errors import ModelError
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from monitor.terms import Task
from tests.models.model_files import nobody, patience, spec_of

WEIGHTS = np.array([[0.00001], [0.02]], dtype=np.float32)


def saved_graph(folder, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return str(path)


def tensor(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def weights():
    return onnx.numpy_helper.from_array(WEIGHTS, "w")


def predicted(spec, frame):
    with open_runner(spec, artefact_facts(spec), settings=patience(), trusted=nobody) as runner:
        return runner.predict(frame)


def line(loans):
    return (loans[["income", "age"]].to_numpy() @ WEIGHTS).ravel()


def test_a_regression_on_one_matrix(loans, tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    path = saved_graph(
        tmp_path, nodes, [tensor("x", [None, 2])], [tensor("y", [None, 1])], [weights()]
    )
    spec = spec_of(path, task=Task.REGRESSION, features=("income", "age"), kind="inproc")
    assert predicted(spec, loans)["prediction"].to_numpy() == pytest.approx(line(loans), rel=1e-5)


def test_one_input_for_each_column_and_one_probability_in_a_child(loans, tmp_path):
    nodes = [
        helper.make_node("Concat", ["income", "age"], ["x"], axis=1),
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
    ]
    inputs = [tensor("age", [None, 1]), tensor("income", [None, 1])]
    path = saved_graph(tmp_path, nodes, inputs, [tensor("p", [None, 1])], [weights()])
    spec = spec_of(path, features=("income", "age", "job"), threshold=0.8)
    made = predicted(spec, loans)
    score = 1 / (1 + np.exp(-line(loans)))
    assert made["score"].to_numpy() == pytest.approx(score, rel=1e-5)
    assert made["prediction"].tolist() == np.where(score >= 0.8, "bad", "good").tolist()


@pytest.mark.parametrize("zipped", [False, True])
def test_labels_and_probabilities_of_a_classifier(loans, tmp_path, zipped):
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["x"],
            ["label", "p"],
            domain="ai.onnx.ml",
            classlabels_strings=["bad", "good"],
            coefficients=[0.00001, 0.02, -0.00001, -0.02],
            intercepts=[-1.0, 1.0],
            post_transform="SOFTMAX",
        )
    ]
    outputs = [tensor("label", [None], TensorProto.STRING), tensor("p", [None, 2])]
    if zipped:
        nodes.append(
            helper.make_node(
                "ZipMap", ["p"], ["z"], domain="ai.onnx.ml", classlabels_strings=["bad", "good"]
            )
        )
        entry = helper.make_map_type_proto(
            TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        )
        sequence = helper.make_sequence_type_proto(entry)
        outputs = [outputs[0], helper.make_value_info("z", sequence)]
    path = saved_graph(tmp_path, nodes, [tensor("x", [None, 2])], outputs)
    made = predicted(spec_of(path, features=("income", "age"), kind="inproc"), loans)
    score = 1 / (1 + np.exp(-2 * (line(loans) - 1)))
    assert made["score"].to_numpy() == pytest.approx(score, rel=1e-4)
    assert made["prediction"].tolist() == np.where(score >= 0.5, "bad", "good").tolist()


def test_an_input_that_is_no_feature_is_named(loans, tmp_path):
    nodes = [helper.make_node("Add", ["age", "height"], ["y"])]
    inputs = [tensor("age", [None, 1]), tensor("height", [None, 1])]
    path = saved_graph(tmp_path, nodes, inputs, [tensor("y", [None, 1])])
    spec = spec_of(path, task=Task.REGRESSION, features=("income", "age"), kind="inproc")
    with pytest.raises(ModelError, match="it wants the input 'height', which is no feature"):
        predicted(spec, loans)
