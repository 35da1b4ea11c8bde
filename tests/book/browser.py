"""A headless Chromium, driven over its DevTools protocol: just what the book's tests ask of it."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import websocket

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking",
    "--disable-component-update", "--disable-extensions", "--mute-audio", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 120  # seconds for one answer, on a busy machine


def find() -> str | None:
    """The path of a Chromium on this machine."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One tab. `events` holds what the browser reported since the last `go`."""

    def __init__(self, program: str, profile: Path):
        unconfined = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            [program, *FLAGS, *unconfined, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.events: list[dict] = []
        self.number = 0
        port = self._wait(lambda: (profile / "DevToolsActivePort").read_text().split()[0])
        pages = self._wait(lambda: [p for p in self._list(port) if p["type"] == "page"] or None)
        address = pages[0]["webSocketDebuggerUrl"]
        self.socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _list(self, port: str) -> list[dict]:
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            return json.load(answer)

    def _wait(self, ask):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if found := ask():
                    return found
            except (OSError, IndexError):
                pass
            time.sleep(0.05)
        raise RuntimeError("Chromium doesn't start")

    def _receive(self) -> dict:
        message = json.loads(self.socket.recv())
        if "method" in message:
            self.events.append(message)
        return message

    def call(self, method: str, **parameters):
        """One command of the protocol; its result."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while (message := self._receive()).get("id") != self.number:
            pass
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def go(self, page: Path, fragment: str = "") -> None:
        """Open a file and wait until it and all that it names are loaded."""
        self.events = []
        self.call("Page.navigate", url=page.as_uri() + fragment)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._receive()

    def run(self, script: str):
        """The value of a JavaScript expression, waited for if it is a promise."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", script))
        return result["result"].get("value")

    def size(self, width: int, height: int) -> None:
        """The window's inner size in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def dark(self, on: bool) -> None:
        """Whether the reader's system prefers dark pages."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def complaints(self) -> list[str]:
        """Errors in the console, and everything asked of the network, since the last `go`."""
        self.run("0")  # what happened before this answer has been reported by now
        found = []
        for event in self.events:
            told = event["params"]
            match event["method"]:
                case "Runtime.exceptionThrown":
                    found.append(
                        told["exceptionDetails"].get("text", "")
                        + str(told["exceptionDetails"].get("exception"))
                    )
                case "Runtime.consoleAPICalled" if told["type"] in ("error", "assert"):
                    found.append(str(told["args"]))
                case "Log.entryAdded" if told["entry"]["level"] == "error":
                    found.append(told["entry"]["text"] + " " + told["entry"].get("url", ""))
                case "Network.requestWillBeSent" if not told["request"]["url"].startswith(
                    ("file:", "data:", "blob:")
                ):
                    found.append("asks the network for " + told["request"]["url"])
        return found

    def close(self) -> None:
        """End the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
