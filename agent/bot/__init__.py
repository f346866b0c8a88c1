"""What a bot author touches: bots, routers, filters, chats, dialogs. It knows the turn, never a socket or a store."""
