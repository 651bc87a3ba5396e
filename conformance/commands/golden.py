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
    from conformance.places import golden_folder

    wrong = 0
    for name, loss in tables.functions().items():
        print(f"{tables.file_of(name)}: ", end="", flush=True)
        raw = tables.stored(name).decode("ascii")
        fresh = tables.text(name, loss)
        differing = [k for k, (a, b) in enumerate(zip(raw.splitlines(), fresh.splitlines(), strict=False), 1) if a != b]
        if raw != fresh:
            where = f"line {differing[0]}" if differing else "its length"
            print(f"differs from the recomputed table at {where}", flush=True)
            wrong += 1
            continue
        against = disagreements(name, loss)
        count = len(raw.splitlines()) - 1
        print(f"{count} values certified again, {len(against)} differ from mpmath", flush=True)
        for text in against[:3]:
            print("  " + text)
        wrong += bool(against)
    frozen = (golden_folder() / "limits.json").read_text()
    if frozen != limits.text():
        print("limits.json: differs from the derivation in the loss files; run: bce-conformance golden write")
        wrong += 1
    if wrong:
        print(f"bce-conformance: {wrong} golden files cannot be trusted; {tables.REMEDY}", file=sys.stderr)
    return 1 if wrong else 0


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
    """Regenerate the tables, the manifest and the limits; nothing is replaced before all are computed."""
    from conformance import limits, tables
    from conformance.places import golden_folder

    texts = []
    for name, loss in tables.functions().items():
        print(f"computing {tables.file_of(name)}", flush=True)
        texts.append((name, tables.text(name, loss)))
    folder = golden_folder()
    for name, content in texts:
        tables.replace(folder / tables.file_of(name), content)
    tables.replace(folder / tables.MANIFEST, tables.manifest(texts))
    tables.replace(folder / "limits.json", limits.text())
    print(f"wrote {len(texts)} tables, {tables.MANIFEST} and limits.json")
    return 0
