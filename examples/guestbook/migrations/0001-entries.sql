-- Terrarium creates the extension with the database; a Postgres from elsewhere gets it here.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE users (
  name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author text NOT NULL CHECK (length(author) BETWEEN 1 AND 40),
  user_name text REFERENCES users (name) ON DELETE SET NULL,
  message text NOT NULL CHECK (length(message) BETWEEN 1 AND 1000),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'published', 'rejected', 'failed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  checked_at timestamptz
);

CREATE INDEX entries_published ON entries (created_at DESC, id DESC) WHERE status = 'published';
CREATE INDEX entries_pending ON entries (created_at) WHERE status = 'pending';
