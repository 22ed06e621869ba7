//! Where the layers meet: transport, transactions and one transaction user.
