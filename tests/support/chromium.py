"""A headless Chromium spoken to by its DevTools protocol over two pipes: nothing to install but the browser."""

import base64
import contextlib
import fcntl
import itertools
import json
import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """One tab. ``events`` holds all that the browser told, as dicts with method and params."""

    def __init__(self, write, read):
        self._write, self._read, self._rest = write, read, b""
        self._numbers, self._session, self.events = itertools.count(1), None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        self._write.flush()
        while True:
            told = self._told()
            if told.get("id") == number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return told["result"]
            self.events.append(told)

    def open(self, url, width, height, dark=False):
        """Show a page at a width, light or dark; what was told before is forgotten."""
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._told())

    def value(self, expression):
        """What a JavaScript expression gives, as JSON."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"])
        return told["result"].get("value")

    def requests(self):
        """Addresses that the page asked for since it was opened."""
        told = (event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [params["request"]["url"] for params in told]

    def complaints(self):
        """What the browser said on its console since the page was opened."""
        methods = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [event["params"] for event in self.events if event.get("method") in methods]

    def screenshot(self, path, whole=True):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        """End the browser."""
        self._session = None
        self.call("Browser.close")

    def _told(self):
        # Each message ends with a null byte, and several may come at once.
        while b"\0" not in self._rest:
            piece = self._read.read1(1 << 16)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextlib.contextmanager
def browser(path, profile):
    """Start a browser with a profile folder of its own and yield a `Page`; end it after the block."""
    command = [path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    command += ["--no-first-run", f"--user-data-dir={profile}", "--remote-debugging-pipe"]
    read_by_it, to_it = os.pipe()
    from_it, written_by_it = os.pipe()
    # It reads from descriptor 3 and writes to 4; a shell puts ours there, from numbers that do not collide.
    passed = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in (read_by_it, written_by_it)]
    process = subprocess.Popen(
        ["bash", "-c", 'exec 3<&"$0" 4>&"$1" "${@:2}"', *map(str, passed), *command],
        pass_fds=passed,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for descriptor in (read_by_it, written_by_it, *passed):
        os.close(descriptor)
    try:
        with os.fdopen(to_it, "wb") as write, os.fdopen(from_it, "rb") as read:
            page = Page(write, read)
            yield page
            page.close()
    finally:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
