"""What every test shares: the databases, and the rule that nothing is skipped in CI."""

import os

import pytest

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.templates",
    "tests.fixtures.house",
    "tests.fixtures.preloaded",
    "tests.fixtures.seeds",
    "tests.fixtures.statements",
]


def pytest_configure(config: pytest.Config) -> None:
    """Where `CI` is set, a run that left a test out has failed."""
    is_worker = hasattr(config, "workerinput")
    if os.environ.get("CI", "").lower() not in ("", "0", "false") and not is_worker:
        config.pluginmanager.register(NothingSkipped(), "docent-nothing-skipped")


class NothingSkipped:
    """Counts the skipped tests and files; any makes the run fail and says so."""

    def __init__(self) -> None:
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._skipped:
            terminalreporter.section("skipped tests fail a CI run", red=True)
            terminalreporter.write_line("\n".join(self._skipped))
