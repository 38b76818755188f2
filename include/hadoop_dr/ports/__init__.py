"""What the services need from the world, as Protocols with promises."""
