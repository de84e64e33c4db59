"""The model that words the answers: loading, batching, streaming, and the swap of adapters."""

import logging

# On some CPUs it would fetch a kernel from a hub, and warns where it cannot; nothing here needs it.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
