"""Records of an event file as TensorBoard's own writer makes them (tensorboard 2.x): python make_tensorboard.py"""
import io
import json
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

CASES = [
    (1234.5, 1, [("train/loss", 2.25)]),
    (1767225600.123456, 300, [("train/loss", 4.721), ("train/lr", 1e-05), ("train/scale", 13.9)]),
    (0.5, 2**40 + 1, [("x" * 200, -1.0)]),
]

records = []
for wall_time, step, values in CASES:
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values])
    event = Event(wall_time=wall_time, step=step, summary=summary)
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString())
    records.append({
        "wall_time": wall_time,
        "step": step,
        "values": [{"tag": tag, "value": value} for tag, value in values],
        "record": file.getvalue().hex(),
    })
Path(__file__).with_name("tensorboard.json").write_text(json.dumps(records, indent=1) + "\n")
