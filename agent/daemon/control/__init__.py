"""Control of live chats: a local socket on which an operator asks and orders. `server`: who may; `desk`: what."""
