"""What is known of the packages that this project stands on: their advisories, their pins, their licences."""
