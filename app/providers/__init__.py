"""Gmail and Outlook behind `ports.Provider`, over one HTTP adapter. Sockets only, no Qt, no store."""
