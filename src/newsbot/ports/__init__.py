"""The ports: the protocols (interfaces) between newsbot's layers, and the values that pass through them.

The docstring of a port's method lists the errors that the method may raise; the method raises no others. The
implementations of a port never import each other, and callers never know which implementation they use.
"""

from newsbot.ports.actions import *
from newsbot.ports.adapters import *
from newsbot.ports.alerts import *
from newsbot.ports.articles import *
from newsbot.ports.channels import *
from newsbot.ports.delivery import *
