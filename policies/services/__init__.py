"""Services, Ingresses and what pods name that has to exist: priority classes, accounts."""
