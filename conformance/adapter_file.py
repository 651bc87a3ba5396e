"""An adapter file: what it lists, checked. CPython 3.7 to 3.14, standard library and numpy only."""

from typing import Any, List

from conformance import interface
from conformance.adapter import NUMPY, Adapter, EntryPoint, load_file, sentence


class AdapterError(Exception):
    """An adapter file that cannot be used; the message is one sentence that says what to do."""

    exit_status = 4


def load_adapters(path: str) -> List[Adapter]:
    """The adapters of a file, checked against the interface, without importing a framework.

    Raises
    ------
    AdapterError
        The file is missing, does not import, lists no ADAPTERS, or an adapter breaks the interface.
    """
    try:
        module = load_file(path)
    except KeyboardInterrupt:
        raise
    except (FileNotFoundError, IsADirectoryError) as error:
        raise AdapterError(f"{path}: there is no such file; give the path of an adapter file") from error
    except BaseException as error:                      # SystemExit too: an adapter file may do anything
        raise AdapterError(f"{path}: the adapter file does not import; mend {sentence(error)}") from error
    adapters = getattr(module, "ADAPTERS", None)
    if not isinstance(adapters, (list, tuple)) or not adapters:
        raise AdapterError(f"{path}: end the file with ADAPTERS = [...], a list of adapter instances")
    for adapter in adapters:
        fault = _fault(adapter)
        if fault:
            name = getattr(adapter, "name", adapter)
            raise AdapterError(f"{path}: adapter {name!r} breaks the interface: {fault}")
    names = [adapter.name for adapter in adapters]
    if len(set(names)) < len(names):
        raise AdapterError(f"{path}: two adapters share a name ({', '.join(names)}); rename one")
    return list(adapters)


def _fault(adapter: Any) -> str:
    if not isinstance(adapter, Adapter):
        return "list an instance of a subclass of conformance.adapter.Adapter"
    if type(adapter).make is Adapter.make:
        return "define make(bits, dtype): a native array with exactly these bits"
    return interface.fault(adapter, tuple(NUMPY), EntryPoint)
