"""Plain HTTP/1.1 on kept connections: as little as a call needs, for calls that are made thousands of times.

One request at a time on a connection, so many connections at most, and a line, first come, first served, for who finds
none free. What is next in line is written in the moment in which an answer has come, without waking anybody. The parser
is httptools' (Node's, in C). It follows no redirect, keeps no cookie, knows no proxy and no service.
"""

from agent.aws.wires.answer import Answer
from agent.aws.wires.pool import NoConnection, Patience, Wires, refuse_line_breaks

__all__ = ["Answer", "NoConnection", "Patience", "Wires", "refuse_line_breaks"]
