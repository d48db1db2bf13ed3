-- What uploads under way have reserved of their project's limits, each under its lease, and a row per project that
-- those lock who reserve. The project '' stands for what belongs to nobody.

CREATE TABLE rs_quota_locks (
    project VARCHAR(255) NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (project)
);

CREATE TABLE rs_reservations (
    lease_id VARCHAR(64) NOT NULL,
    project VARCHAR(255) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (lease_id)
);
CREATE INDEX rs_reservations_project ON rs_reservations (project);

INSERT INTO rs_schema (version) VALUES (2);
