#!/usr/bin/python3
"""Prints "passed failed" of JUnit files; errors and unrunnable tests count as failed."""

import sys
import xml.etree.ElementTree as xml


def count(path: str) -> tuple[int, int]:
    passed = failed = 0
    for case in xml.parse(path).iter("testcase"):
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        failed += bad
        passed += not bad
    return passed, failed


if __name__ == "__main__":
    print(*map(sum, zip(*map(count, sys.argv[1:]))))
