"""The script that runs a model in the model's own interpreter; it imports nothing of Fairwatch.

Started with a private working folder and an almost empty environment.  Frames go over stdin and
what was stdout, each as an 8-byte length and its bytes: first the configuration (JSON), answered
by what the model says about itself; then for every Arrow stream of features a JSON head and an
Arrow stream of predictions.  It has to run on every Python from 3.8 and any scikit-learn.

A skops file is loaded with its unknown types trusted only where all of them are scikit-learn's,
numpy's or scipy's own; anything else is refused by name.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import struct
import sys
import threading
import time
import traceback
import warnings
from typing import Any

LENGTH = struct.Struct(">Q")
OWN_TYPES = ("sklearn.", "numpy.", "scipy.")
LIBRARIES = ("sklearn", "numpy", "pandas", "pyarrow", "joblib", "skops", "onnxruntime")


class Refused(Exception):
    """The model file or its answer is not usable; the text is a sentence's second half."""


def main() -> None:
    """Serves requests until stdin ends."""
    requests, sent = _take_pipes()
    config = json.loads(read_frame(requests))
    _limit_memory(config["memory_mb"])
    folder = os.path.dirname(config["path"])
    watch = threading.Thread(target=_die_with_parent, args=(os.getppid(), folder), daemon=True)
    watch.start()
    loaded: Any = None
    request: Any = b""
    while request is not None:
        _limit_time(config["seconds"])
        body = b""
        try:
            if loaded is None:
                loaded = load(config)
                head = describe(loaded)
            else:
                features, request = received(request), b""  # no row is held twice
                body = _scored(loaded, features)
                head, features = {}, None
        except BaseException as error:
            head = _failure(error, config)
        signal.alarm(0)
        head["peak_bytes"] = _peak_bytes()
        write_frame(sent, json.dumps(head).encode())
        write_frame(sent, body)
        request = None if loaded is None else read_frame(requests)
    shutil.rmtree(folder, ignore_errors=True)  # the parent does so too, if it still can


def _take_pipes() -> Any:
    """stdin and stdout for us alone: whatever the model reads is empty, what it prints is log."""
    received, sent = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return received, sent


def read_frame(stream: Any, most: int = 1 << 62) -> Any:
    """The next frame, None at the end; ValueError before more than ``most`` bytes are read."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    if size > most:
        raise ValueError(f"{size} bytes were announced, and {most} are the most")
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: Any, body: Any) -> None:
    write_length(stream, len(body))
    stream.write(body)
    stream.flush()


def write_length(stream: Any, size: int) -> None:
    """What comes before so many bytes."""
    stream.write(LENGTH.pack(size))


def _limit_memory(megabytes: int) -> None:
    size = megabytes * 2**20
    with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """CPU seconds for this request; and, should the parent be gone, seconds on the clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or soft < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
    signal.alarm(int(seconds) + 10)


def _die_with_parent(parent: int, folder: str) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    shutil.rmtree(folder, ignore_errors=True)
    if os.getpgid(0) == os.getpid():  # with all that the model started
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _peak_bytes() -> int:
    """The most memory this process held; what rusage says includes that of its parent."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _failure(error: BaseException, config: Any) -> Any:
    """What went wrong, in one line; the whole story goes to the log."""
    if isinstance(error, MemoryError):
        return {"failed": "memory"}
    if isinstance(error, Refused):
        return {"failed": "refused", "error": str(error)}
    with contextlib.suppress(Exception):
        traceback.print_exc()
    if isinstance(error, SystemExit):
        return {"failed": "exit", "error": str(error.code)}
    lines = traceback.format_exception_only(type(error), error)
    return {"failed": "raised", "error": " ".join(lines[-1][:2000].split())[:500]}


def load(config: Any) -> Any:
    """The model with its configuration, as a function of a data frame would need it."""
    kind, path = config["kind"], config["path"]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model = LOADERS[kind](path)
        finally:  # whatever else fails, another version is the likeliest reason
            for warning in told:
                _check_version(warning.message)
    return dict(config, model=model, decides_itself=None)


def _load_pickle(path: str) -> Any:
    import joblib

    return joblib.load(path)


def _load_skops(path: str) -> Any:
    from skops import io

    unknown = io.get_untrusted_types(file=path)
    foreign = [name for name in unknown if not name.startswith(OWN_TYPES)]
    if foreign:
        raise Refused("it holds types that are not scikit-learn's own: " + ", ".join(foreign[:5]))
    return io.load(path, trusted=unknown)


def _load_onnx(path: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


LOADERS = {
    "pickle": _load_pickle,
    "joblib": _load_pickle,
    "skops": _load_skops,
    "onnx": _load_onnx,
}


def _check_version(warning: Any) -> None:
    """Refuses a model saved by another release series of scikit-learn."""
    saved = getattr(warning, "original_sklearn_version", None)
    here = getattr(warning, "current_sklearn_version", None)
    if saved and here and str(saved).split(".")[:2] != str(here).split(".")[:2]:
        raise Refused(
            f"it was saved with scikit-learn {saved} and this interpreter has {here}: "
            f"name an interpreter that has {saved} in model.python"
        )


def describe(loaded: Any) -> Any:
    """What the model says about itself: its classes, its inputs, and the libraries in use."""
    model = loaded["model"]
    inputs = getattr(model, "feature_names_in_", None)
    if loaded["kind"] == "onnx":
        names = [one.name for one in model.get_inputs()]
        inputs = names if len(names) > 1 else None
    by, importances = _importances(model)
    return {
        "importances": importances,
        "importances_by": by,
        "classes": _named(loaded, getattr(model, "classes_", ())),
        "inputs": [] if inputs is None else [str(name) for name in inputs],
        "python": sys.version.split()[0],
        "libraries": {
            name: str(getattr(sys.modules[name], "__version__", ""))
            for name in LIBRARIES
            if name in sys.modules
        },
    }


def _importances(model: Any) -> Any:
    """What an estimator says its inputs matter; coefficients by their size, over all classes."""
    import numpy

    for name in ("feature_importances_", "coef_"):
        with contextlib.suppress(Exception):  # some are computed when asked for, and may fail
            values = numpy.abs(numpy.asarray(getattr(model, name), dtype=float))
            return name, values.reshape(-1, values.shape[-1]).sum(axis=0).tolist()
    return "", []


def _scored(loaded: Any, features: Any) -> Any:
    import pyarrow as pa

    table = pa.table(predict(loaded, features))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def received(request: bytes) -> Any:
    """The features; where they are objects NaN, never None, stands for what is missing."""
    import pyarrow as pa

    table = pa.ipc.open_stream(request).read_all()
    features = table.to_pandas()
    for name in json.loads(table.schema.metadata[b"objects"]):
        features[name] = _objects(features[name])
    return features


def _objects(column: Any) -> Any:
    """Of a dictionary, one object for each of its texts."""
    import numpy
    import pandas

    nan = float("nan")
    if str(column.dtype) != "category":
        return column.astype(object).where(column.notna(), nan)
    texts = numpy.append(column.cat.categories.to_numpy(dtype=object), nan)
    found = texts.take(column.cat.codes.to_numpy())
    return pandas.Series(found, dtype=object, copy=False)  # else pandas would infer texts


def predict(loaded: Any, features: Any) -> Any:
    """Column name → array: ``prediction``, and the scores where the model has probabilities."""
    features = _as_trained(loaded["model"], features)
    if loaded["kind"] == "onnx":
        return _predict_onnx(loaded, features)
    model = loaded["model"]
    if loaded["task"] == "regression":
        return {"prediction": _numbers(model.predict(features))}
    if not hasattr(model, "predict_proba"):
        return {"prediction": _labels(loaded, model.predict(features))}
    classes = _named(loaded, model.classes_)
    shares = model.predict_proba(features)
    if loaded["decides_itself"] is None:
        few = features.head(500)
        own = _labels(loaded, model.predict(few))
        loaded["decides_itself"] = own != list(_likeliest(classes, shares[: len(few)]))
    decided = _decide(loaded, classes, shares)
    if loaded["decides_itself"] and (loaded["task"] != "binary" or loaded["threshold"] == 0.5):
        decided = _labels(loaded, model.predict(features))
    return dict(_scores(loaded, classes, shares), prediction=decided)


def _as_trained(model: Any, features: Any) -> Any:
    """The columns in the order the model knows."""
    known = getattr(model, "feature_names_in_", None)
    if known is None or list(known) == list(features.columns):
        return features
    return features[list(known)] if set(known) <= set(features.columns) else features


def _decide(loaded: Any, classes: Any, shares: Any) -> Any:
    """At a threshold of ½ the likeliest class, as the model itself would say."""
    if len(classes) != 2 or loaded["task"] != "binary" or loaded["threshold"] == 0.5:
        return _likeliest(classes, shares)
    positive = classes.index(loaded["positive"])
    above = shares[:, positive] >= loaded["threshold"]
    return _taken(classes, above * positive + ~above * (1 - positive))


def _likeliest(classes: Any, shares: Any) -> Any:
    return _taken(classes, shares.argmax(axis=1))


def _taken(classes: Any, places: Any) -> Any:
    """The class of every row, as one array that holds each text once."""
    import pandas

    return pandas.Categorical.from_codes(places, categories=classes)


def _scores(loaded: Any, classes: Any, shares: Any) -> Any:
    if loaded["task"] != "binary":
        return {f"score:{name}": _numbers(shares[:, i]) for i, name in enumerate(classes)}
    if loaded["positive"] not in classes:
        raise Refused(f"its classes are {', '.join(classes)}, not {loaded['positive']}")
    return {"score": _numbers(shares[:, classes.index(loaded["positive"])])}


def _numbers(values: Any) -> Any:
    import numpy

    return numpy.asarray(values, dtype=numpy.float64).reshape(-1)


def _labels(loaded: Any, values: Any) -> Any:
    import numpy

    return _named(loaded, numpy.asarray(values).reshape(-1).tolist())


def _named(loaded: Any, values: Any) -> Any:
    """As text, true and false as the spec's classes spell them."""
    spellings = loaded["spellings"]
    return [text and spellings.get(text.casefold(), text) for text in map(label, values)]


def label(value: Any) -> Any:
    """One text for 1 and 1.0; None where missing."""
    if isinstance(value, str):
        return value.strip()
    if str(value) in ("True", "False"):  # of numpy too
        return str(value).lower()
    if value is None or value != value:
        return None
    return str(int(value)) if value == int(value) else str(value)


def _predict_onnx(loaded: Any, features: Any) -> Any:
    """From the two usual forms: one matrix, or one input for each column."""
    session = loaded["model"]
    inputs = session.get_inputs()
    if len(inputs) == 1 and (len(features.columns) > 1 or inputs[0].name not in features.columns):
        feed = {inputs[0].name: features.to_numpy(dtype=_onnx_dtype(inputs[0]))}
    else:
        feed = {one.name: _onnx_column(one, features) for one in inputs}
    answers = session.run(None, feed)
    if loaded["task"] == "regression":
        return {"prediction": _numbers(answers[0])}
    classes, shares = _onnx_shares(loaded, answers)
    if shares is None:
        return {"prediction": _labels(loaded, answers[0])}
    return dict(_scores(loaded, classes, shares), prediction=_decide(loaded, classes, shares))


def _onnx_column(wanted: Any, features: Any) -> Any:
    if wanted.name not in features.columns:
        raise Refused(f"it wants the input {wanted.name!r}, which is no feature")
    values = features[wanted.name].to_numpy(dtype=_onnx_dtype(wanted))
    return values.reshape(-1, 1) if len(wanted.shape) == 2 else values


def _onnx_dtype(wanted: Any) -> Any:
    named = {"tensor(float)": "float32", "tensor(string)": "object", "tensor(bool)": "bool"}
    return named.get(wanted.type, wanted.type[len("tensor(") : -1].replace("double", "float64"))


def _onnx_shares(loaded: Any, answers: Any) -> Any:
    """The classes and the matrix of their probabilities; None where there are only labels."""
    import numpy

    for answer in answers:
        if isinstance(answer, list) and answer and isinstance(answer[0], dict):
            rows = [list(row.values()) for row in answer]
            return _named(loaded, answer[0]), numpy.asarray(rows)
        values = numpy.asarray(answer)
        if values.dtype.kind != "f":
            continue
        if values.ndim == 2 and values.shape[1] == len(loaded["classes"]):
            return loaded["classes"], values
        if loaded["task"] == "binary":
            positive = values.reshape(-1)
            pair = {loaded["positive"]: positive}
            return loaded["classes"], numpy.column_stack(
                [pair.get(name, 1 - positive) for name in loaded["classes"]]
            )
    return None, None


if __name__ == "__main__":
    main()
