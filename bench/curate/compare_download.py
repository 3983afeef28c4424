#!/usr/bin/env python3
"""Pictures a second of `diptych curate download` and of img2dataset, from one server on this machine, with the same options.

Usage: compare_download.py DIPTYCH IMG2DATASET-PYTHON [--pictures N] [--rounds N] [--processes N]

IMG2DATASET-PYTHON is the Python of an environment with img2dataset. The server keeps its pictures in memory and connections open; it has a
process of its own. Both programs take turns; of each the best round is printed: pictures a second of the clock, and a second of CPU time,
which counts where other programs run. No limit on the host's rate, no robots.txt in img2dataset, JPEG to 256 pixels with a border at quality 95.
"""
import argparse
import asyncio
import json
import multiprocessing
import pathlib
import random
import resource
import shutil
import subprocess
import tempfile
import time

KINDS = 64


def make_pictures():
    """JPEG files of some 300 to 900 pixels a side, smooth as photographs are."""
    import io
    from PIL import Image
    pictures = []
    for seed in range(KINDS):
        numbers = random.Random(seed)
        small = Image.frombytes("RGB", (24, 24), bytes(numbers.randrange(256) for _ in range(24 * 24 * 3)))
        size = (numbers.randrange(300, 900), numbers.randrange(300, 900))
        out = io.BytesIO()
        small.resize(size, Image.BICUBIC).save(out, "JPEG", quality=85)
        pictures.append(out.getvalue())
    return pictures


class Connection(asyncio.Protocol):
    pictures = []

    def connection_made(self, transport):
        self.transport, self.text = transport, b""

    def data_received(self, data):
        self.text += data
        while b"\r\n\r\n" in self.text:
            head, self.text = self.text.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1]
            if not path.startswith(b"/p/"):
                self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            body = self.pictures[int(path[3:-4]) % KINDS]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def serve(pictures, port):
    async def run():
        Connection.pictures = pictures
        server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()
    asyncio.run(run())


def timed(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


def successes(folder):
    return sum(json.loads(path.read_text())["successes"] for path in folder.glob("*_stats.json"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("diptych")
    parser.add_argument("python")
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    port = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(make_pictures(), port), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{port.get()}"
    work = pathlib.Path(tempfile.mkdtemp())
    urls = work / "urls.csv"
    urls.write_text("url,caption\n" + "".join(f"{address}/p/{i}.jpg,picture {i}\n" for i in range(arguments.pictures)))
    shared = ["--image_size=256", "--resize_mode=border", "--encode_quality=95", "--number_sample_per_shard=1000", "--thread_count=64",
              "--caption_col=caption"]
    programs = {
        "diptych": [arguments.diptych, "curate", "download", str(urls), *shared, "--allow-private-addresses", "--host-rate=0",
                    "--host-connections=64", f"--threads={arguments.processes}"],
        "img2dataset": [arguments.python, "-m", "img2dataset.main", f"--url_list={urls}", "--input_format=csv", *shared,
                        "--output_format=webdataset", f"--processes_count={arguments.processes}", "--enable_wandb=False"],
    }
    best = {}
    for _ in range(arguments.rounds):
        for name, command in programs.items():
            out = work / "out"
            shutil.rmtree(out, ignore_errors=True)
            seconds, cpu, result = timed([*command, f"--output_folder={out}"])
            count = successes(out) if out.exists() else 0
            if count != arguments.pictures:
                raise SystemExit(f"{name}: got {count} pictures, expected {arguments.pictures}\n{result.stdout}{result.stderr}")
            clock, processor = best.get(name, (0, 0))
            best[name] = (max(clock, count / seconds), max(processor, count / cpu))
    for name, (clock, processor) in best.items():
        print(f"{name:12} {clock:8.0f} pictures/s   {processor:8.0f} a second of CPU time")
    (ours, ours_cpu), (theirs, theirs_cpu) = best["diptych"], best["img2dataset"]
    print(f"ratio        {ours / theirs:8.2f}              {ours_cpu / theirs_cpu:8.2f}")
    server.terminate()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
