"""A headless Chromium of a test's own, driven through chromedriver by the WebDriver protocol (https://www.w3.org/TR/webdriver2/).

Owns one chromedriver, which listens on a free port of this machine that it chooses itself, and the browser that that starts; both end with it.
"""

import base64
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# The last ones keep Chromium from looking for hosts outside.
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars=false",
)  # fmt: skip
PATIENCE = 180  # seconds for anything; the machine may be busy
KEYS = {"ArrowRight": "\ue014", "ArrowLeft": "\ue012", "ArrowDown": "\ue015", "ArrowUp": "\ue013", "Home": "\ue011", "End": "\ue010", "Enter": "\ue007",
        "Escape": "\ue00c", "Tab": "\ue004", "PageDown": "\ue00f", "PageUp": "\ue00e", "Shift": "\ue008"}  # fmt: skip
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class BrowserError(Exception):
    pass


class Browser:
    def __init__(self, width=1440, height=900):
        for name in ("chromedriver", "chromium"):
            if shutil.which(name) is None:
                raise BrowserError(f"{name} not found (packages chromium, chromium-driver); install what is missing with `make setup`")
        self.folder = tempfile.mkdtemp(prefix="kine-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.session = None
        try:
            self.url = f"http://127.0.0.1:{self.port()}"
            arguments = [*FLAGS, f"--user-data-dir={self.folder}", f"--window-size={width},{height}"]
            options = {"args": arguments, "binary": shutil.which("chromium")}
            wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}}
            self.session = self.ask("POST", "/session", wanted)["sessionId"]
        except BaseException:
            self.close()
            raise

    def port(self):
        """It says which one it has chosen."""
        end, said = time.monotonic() + PATIENCE, b""
        while time.monotonic() < end and self.driver.poll() is None:
            if not select.select([self.driver.stdout], [], [], 1)[0]:
                continue
            said += os.read(self.driver.stdout.fileno(), 4096)  # not readline(): what that holds back, select() does not see
            found = re.search(rb"started successfully on port (\d+)\D", said)
            if found:
                return int(found[1])
        raise BrowserError(f"chromedriver did not start:\n{said.decode(errors='replace')}")

    def ask(self, method, path, body=None):
        prefix = f"/session/{self.session}" if self.session else ""
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.url + prefix + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise BrowserError(json.load(error)["value"]["message"].split("\n")[0]) from None
        except OSError as error:
            raise BrowserError(f"chromedriver does not answer: {error}") from None

    # --- what tests do ---

    def open(self, url):
        self.ask("POST", "/timeouts", {"script": PATIENCE * 1000, "pageLoad": PATIENCE * 1000})
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value that the function body `script` returns in the page, or what its promise becomes."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments):
        """Until the condition holds."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"return {script}", *arguments):
            if time.monotonic() > end:
                raise BrowserError(f"this did not come true: {script}")
            time.sleep(0.05)

    def click(self, selector):
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        self.ask("POST", f"/element/{found[ELEMENT]}/click")

    def press(self, *keys, shift=False):
        """Real key strokes, to whatever has the focus."""
        actions = [{"type": "keyDown", "value": KEYS["Shift"]}] if shift else []
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        actions += [{"type": "keyUp", "value": KEYS["Shift"]}] if shift else []
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def type(self, text):
        self.press(*text)

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def resize(self, width, height):
        self.ask("POST", "/window/rect", {"width": width, "height": height})

    def prefer(self, scheme):
        """As a reader's system would say: "light" or "dark"."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}})

    def complaints(self):
        """Errors in the page since this was last asked."""
        return [each["message"] for each in self.ask("POST", "/se/log", {"type": "browser"}) if each["level"] == "SEVERE"]

    def close(self):
        try:
            if self.session:
                self.ask("DELETE", "")
        except BrowserError:
            pass
        try:
            os.killpg(self.driver.pid, signal.SIGKILL)  # the browser too, if it has not ended by itself
        except ProcessLookupError:
            pass
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
