"""``python -m tests.soak``: many customers, a long while; exit code 1 when something grew, was lost or miscounted."""

import argparse
import sys
from pathlib import Path

import anyio

from tests.soak.plan import Plan
from tests.soak.report import facts, keep, text
from tests.soak.soaking import soak
from tests.soak.stage import ROOT
from tests.soak.verdict import judge


def main() -> None:
    """Soaks, prints, keeps."""
    given = _arguments()
    out = Path(given.__dict__.pop("out"))
    plan = Plan(**vars(given))
    soaked = anyio.run(soak, plan, lambda line: print(line, file=sys.stderr, flush=True))
    findings = judge(soaked)
    known = facts(soaked, findings)
    keep(known, out)
    print(text(known))
    print(f"\n{out}")
    if any(one.held is False for one in findings):
        raise SystemExit(1)


def _arguments() -> argparse.Namespace:
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=plan.chats, help="at any moment")
    parser.add_argument("--minutes", type=float, default=plan.minutes, help="from when all have come")
    parser.add_argument("--pause", type=float, default=plan.pause, help="seconds before a customer's next message")
    parser.add_argument("--life", type=float, default=plan.life, help="seconds of a chat; the next one follows")
    parser.add_argument("--arrivals", type=float, default=plan.arrivals, help="customers a second in the beginning")
    parser.add_argument("--warm-up", type=float, default=plan.warm_up, help="the part that memory is not judged by")
    parser.add_argument("--every", type=float, default=plan.every, help="seconds between two samples")
    parser.add_argument("--seed", type=int, default=plan.seed)
    parser.add_argument("--out", default=str(ROOT / "build" / "soak.json"), help="where all figures go, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
