"""The templates' policies against what AWS publishes of its services and resource types."""
