"""``bce-conformance golden``: verify the golden tables, or write them anew."""

import argparse
import sys

HELP = "verify the golden tables bit for bit, or write them anew"
EPILOG = """examples:
  bce-conformance golden verify     recompute every value twice, with Arb and with mpmath; 0 if all agree
  bce-conformance golden write      regenerate golden/, with its checksums and the derived limits"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("action", choices=("verify", "write"))


def run(args: argparse.Namespace) -> int:
    """Verify or write."""
    return verify() if args.action == "verify" else write()


def verify() -> int:
    """Recompute all tables with Arb, bit for bit, and hold every value against the mpmath definition."""
    from conformance import limits, tables
    from conformance.seal import REMEDY, sealed

    wrong = 0
    for name, loss in tables.functions().items():
        file = tables.file_of(name)
        print(f"{file}: ", end="", flush=True)
        stored, fresh = sealed(file), tables.text(name, loss)
        if stored != fresh:
            print(f"differs from the recomputed table {place(stored, fresh)}", flush=True)
            wrong += 1
            continue
        against = disagreements(name, loss)
        count = len(stored.splitlines()) - 1
        print(f"{count} values certified again, {len(against)} differ from mpmath", flush=True)
        for text in against[:3]:
            print("  " + text)
        wrong += bool(against)
    if sealed(limits.FILE) != limits.text():
        print(f"{limits.FILE}: differs from the derivation in the loss files")
        wrong += 1
    if wrong:
        print(f"bce-conformance: {wrong} golden files cannot be trusted; {REMEDY}", file=sys.stderr)
    return 1 if wrong else 0


def place(first: str, second: str) -> str:
    """Where two texts differ."""
    pairs = enumerate(zip(first.splitlines(), second.splitlines(), strict=False), 1)
    return next((f"at line {k}" for k, (a, b) in pairs if a != b), "in its length")


def disagreements(name: str, loss: str) -> list[str]:
    """The lines of a table whose value the normative definition does not yield."""
    from conformance import tables
    from conformance.exact import decimal
    from conformance.normative import agrees, definition_of

    found = []
    for (quantity, row), (number, _) in tables.read(name).items():
        definition = definition_of(name, loss, quantity, row)
        if definition is not None and not agrees(definition, row, number):
            found.append(f"{quantity} at {', '.join(v.hex() for v in row)}: {decimal(number)}")
    return found


def write() -> int:
    """Regenerate the tables, the limits and the manifest; nothing is replaced before all are computed."""
    from conformance import limits, seal, tables

    texts = {}
    for name, loss in tables.functions().items():
        print(f"computing {tables.file_of(name)}", flush=True)
        texts[tables.file_of(name)] = tables.text(name, loss)
    texts[limits.FILE] = limits.text()
    seal.write(texts)
    print(f"wrote {len(texts)} files and {seal.MANIFEST}")
    return 0
