"""What every test shares: the databases, and the rule that nothing is skipped in CI."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.templates",
    "tests.fixtures.house",
    "tests.fixtures.nothing_skipped",
    "tests.fixtures.preloaded",
    "tests.fixtures.seeds",
    "tests.fixtures.statements",
]
