-- Tables of our own beside Glance's. Glance never looks at them, and they name its rows without foreign keys, so that
-- its purge works. Times are microseconds since 1970, by the registry's clock.

CREATE TABLE rs_schema (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);

CREATE TABLE rs_image_versions (
    image_id VARCHAR(36) NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (image_id)
);

CREATE TABLE rs_leases (
    id VARCHAR(64) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    resource VARCHAR(255) NOT NULL,
    image_id VARCHAR(36),
    holder VARCHAR(255) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT rs_leases_resource UNIQUE (resource)
);
CREATE INDEX rs_leases_expires_at ON rs_leases (expires_at);

CREATE TABLE rs_request_keys (
    request_key VARCHAR(64) NOT NULL,
    digest VARCHAR(128) NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (request_key)
);
CREATE INDEX rs_request_keys_created_at ON rs_request_keys (created_at);

INSERT INTO rs_schema (version) VALUES (1);
