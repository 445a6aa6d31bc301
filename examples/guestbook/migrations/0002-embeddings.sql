ALTER TABLE entries ADD COLUMN embedding vector(64);

CREATE INDEX entries_embedding ON entries USING hnsw (embedding vector_cosine_ops) WHERE status = 'published';
