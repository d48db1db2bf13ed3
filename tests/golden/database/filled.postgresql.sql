SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE TYPE public.image_visibility AS ENUM (
    'private',
    'public',
    'shared',
    'community'
);
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.cached_images (
    id bigint NOT NULL,
    image_id character varying(36) NOT NULL,
    last_accessed timestamp without time zone NOT NULL,
    last_modified timestamp without time zone NOT NULL,
    size bigint NOT NULL,
    hits integer NOT NULL,
    checksum character varying(32),
    node_reference_id bigint NOT NULL
);
CREATE SEQUENCE public.cached_images_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.cached_images_id_seq OWNED BY public.cached_images.id;
CREATE TABLE public.image_locations (
    id integer NOT NULL,
    image_id character varying(36) NOT NULL,
    value text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone,
    deleted_at timestamp without time zone,
    deleted boolean NOT NULL,
    meta_data text,
    status character varying(30) DEFAULT 'active'::character varying NOT NULL
);
CREATE SEQUENCE public.image_locations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.image_locations_id_seq OWNED BY public.image_locations.id;
CREATE TABLE public.image_members (
    id integer NOT NULL,
    image_id character varying(36) NOT NULL,
    member character varying(255) NOT NULL,
    can_share boolean NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone,
    deleted_at timestamp without time zone,
    deleted boolean NOT NULL,
    status character varying(20) DEFAULT 'pending'::character varying NOT NULL
);
CREATE SEQUENCE public.image_members_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.image_members_id_seq OWNED BY public.image_members.id;
CREATE TABLE public.image_properties (
    id integer NOT NULL,
    image_id character varying(36) NOT NULL,
    name character varying(255) NOT NULL,
    value text,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone,
    deleted_at timestamp without time zone,
    deleted boolean NOT NULL
);
CREATE SEQUENCE public.image_properties_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.image_properties_id_seq OWNED BY public.image_properties.id;
CREATE TABLE public.image_tags (
    id integer NOT NULL,
    image_id character varying(36) NOT NULL,
    value character varying(255) NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone,
    deleted_at timestamp without time zone,
    deleted boolean NOT NULL
);
CREATE SEQUENCE public.image_tags_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.image_tags_id_seq OWNED BY public.image_tags.id;
CREATE TABLE public.images (
    id character varying(36) NOT NULL,
    name character varying(255),
    size bigint,
    status character varying(30) NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone,
    deleted_at timestamp without time zone,
    deleted boolean NOT NULL,
    disk_format character varying(20),
    container_format character varying(20),
    checksum character varying(32),
    owner character varying(255),
    min_disk integer NOT NULL,
    min_ram integer NOT NULL,
    protected boolean DEFAULT false NOT NULL,
    virtual_size bigint,
    visibility public.image_visibility DEFAULT 'shared'::public.image_visibility NOT NULL,
    os_hidden boolean DEFAULT false NOT NULL,
    os_hash_algo character varying(64),
    os_hash_value character varying(128)
);
CREATE TABLE public.metadef_namespace_resource_types (
    resource_type_id integer NOT NULL,
    namespace_id integer NOT NULL,
    properties_target character varying(80),
    prefix character varying(80),
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone
);
CREATE TABLE public.metadef_namespaces (
    id integer NOT NULL,
    namespace character varying(80) NOT NULL,
    display_name character varying(80),
    description text,
    visibility character varying(32),
    protected boolean,
    owner character varying(255) NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone
);
CREATE SEQUENCE public.metadef_namespaces_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.metadef_namespaces_id_seq OWNED BY public.metadef_namespaces.id;
CREATE TABLE public.metadef_objects (
    id integer NOT NULL,
    namespace_id integer NOT NULL,
    name character varying(80) NOT NULL,
    description text,
    required text,
    json_schema text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone
);
CREATE SEQUENCE public.metadef_objects_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.metadef_objects_id_seq OWNED BY public.metadef_objects.id;
CREATE TABLE public.metadef_properties (
    id integer NOT NULL,
    namespace_id integer NOT NULL,
    name character varying(80) NOT NULL,
    json_schema text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone
);
CREATE SEQUENCE public.metadef_properties_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.metadef_properties_id_seq OWNED BY public.metadef_properties.id;
CREATE TABLE public.metadef_resource_types (
    id integer NOT NULL,
    name character varying(80) NOT NULL,
    protected boolean NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone
);
CREATE SEQUENCE public.metadef_resource_types_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.metadef_resource_types_id_seq OWNED BY public.metadef_resource_types.id;
CREATE TABLE public.metadef_tags (
    id integer NOT NULL,
    namespace_id integer NOT NULL,
    name character varying(80) NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone
);
CREATE SEQUENCE public.metadef_tags_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.metadef_tags_id_seq OWNED BY public.metadef_tags.id;
CREATE TABLE public.node_reference (
    node_reference_id bigint NOT NULL,
    node_reference_url character varying(255) NOT NULL
);
CREATE SEQUENCE public.node_reference_node_reference_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.node_reference_node_reference_id_seq OWNED BY public.node_reference.node_reference_id;
CREATE TABLE public.task_info (
    task_id character varying(36) NOT NULL,
    input text,
    result text,
    message text
);
CREATE TABLE public.tasks (
    id character varying(36) NOT NULL,
    type character varying(30) NOT NULL,
    status character varying(30) NOT NULL,
    owner character varying(255) NOT NULL,
    expires_at timestamp without time zone,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone,
    deleted_at timestamp without time zone,
    deleted boolean NOT NULL,
    image_id character varying(36),
    request_id character varying(64),
    user_id character varying(64)
);
ALTER TABLE ONLY public.cached_images ALTER COLUMN id SET DEFAULT nextval('public.cached_images_id_seq'::regclass);
ALTER TABLE ONLY public.image_locations ALTER COLUMN id SET DEFAULT nextval('public.image_locations_id_seq'::regclass);
ALTER TABLE ONLY public.image_members ALTER COLUMN id SET DEFAULT nextval('public.image_members_id_seq'::regclass);
ALTER TABLE ONLY public.image_properties ALTER COLUMN id SET DEFAULT nextval('public.image_properties_id_seq'::regclass);
ALTER TABLE ONLY public.image_tags ALTER COLUMN id SET DEFAULT nextval('public.image_tags_id_seq'::regclass);
ALTER TABLE ONLY public.metadef_namespaces ALTER COLUMN id SET DEFAULT nextval('public.metadef_namespaces_id_seq'::regclass);
ALTER TABLE ONLY public.metadef_objects ALTER COLUMN id SET DEFAULT nextval('public.metadef_objects_id_seq'::regclass);
ALTER TABLE ONLY public.metadef_properties ALTER COLUMN id SET DEFAULT nextval('public.metadef_properties_id_seq'::regclass);
ALTER TABLE ONLY public.metadef_resource_types ALTER COLUMN id SET DEFAULT nextval('public.metadef_resource_types_id_seq'::regclass);
ALTER TABLE ONLY public.metadef_tags ALTER COLUMN id SET DEFAULT nextval('public.metadef_tags_id_seq'::regclass);
ALTER TABLE ONLY public.node_reference ALTER COLUMN node_reference_id SET DEFAULT nextval('public.node_reference_node_reference_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('2024_1_contract01');
INSERT INTO public.image_locations VALUES (1, '00000001-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000001-0000-4000-8000-000000000000', '2026-11-22 16:52:47.429501', '2026-11-22 16:52:47.429511', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (2, '00000002-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000002-0000-4000-8000-000000000000', '2026-11-22 16:52:47.53778', '2026-11-22 16:52:47.537789', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (3, '00000003-0000-4000-8000-000000000000', 'file://@DATA@/slow/00000003-0000-4000-8000-000000000000', '2026-11-22 16:52:47.670751', '2026-11-22 16:52:47.670758', NULL, false, '{"store": "slow"}', 'active');
INSERT INTO public.image_locations VALUES (4, '00000004-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000004-0000-4000-8000-000000000000', '2026-11-22 16:52:47.760512', '2026-11-22 16:52:47.76052', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (5, '00000006-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000006-0000-4000-8000-000000000000', '2026-11-22 16:52:47.897963', '2026-11-22 16:52:47.97253', '2026-11-22 16:52:47.97253', true, '{"store": "fast"}', 'deleted');
INSERT INTO public.image_locations VALUES (6, '00000007-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000007-0000-4000-8000-000000000000', '2026-11-22 16:52:48.076784', '2026-11-22 16:52:48.076793', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (7, '00000008-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000008-0000-4000-8000-000000000000', '2026-11-22 16:52:48.360631', '2026-11-22 16:52:48.656348', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (8, '00000009-0000-4000-8000-000000000000', 'file://@DATA@/fast/00000009-0000-4000-8000-000000000000', '2026-11-22 16:52:48.767009', '2026-11-22 16:52:48.816329', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (9, '0000000a-0000-4000-8000-000000000000', 'file://@DATA@/fast/0000000a-0000-4000-8000-000000000000', '2026-11-22 16:52:48.924223', '2026-11-22 16:52:48.924233', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (10, '0000000b-0000-4000-8000-000000000000', 'file://@DATA@/fast/0000000b-0000-4000-8000-000000000000', '2026-11-22 16:52:49.023103', '2026-11-22 16:52:49.023111', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (11, '0000000c-0000-4000-8000-000000000000', 'file://@DATA@/fast/0000000c-0000-4000-8000-000000000000', '2026-11-22 16:52:49.125855', '2026-11-22 16:52:49.125863', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (12, '0000000d-0000-4000-8000-000000000000', 'file://@DATA@/fast/0000000d-0000-4000-8000-000000000000', '2026-11-22 16:52:49.218068', '2026-11-22 16:52:50.05674', NULL, false, '{"store": "fast"}', 'active');
INSERT INTO public.image_locations VALUES (13, '0000000d-0000-4000-8000-000000000000', 'file://@DATA@/slow/0000000d-0000-4000-8000-000000000000', '2026-11-22 16:52:50.027559', '2026-11-22 16:52:50.064669', NULL, false, '{"store": "slow"}', 'active');
INSERT INTO public.image_members VALUES (1, '00000006-0000-4000-8000-000000000000', 'p2', false, '2026-11-22 16:52:47.945596', '2026-11-22 16:52:48.004992', '2026-11-22 16:52:47.997441', true, 'pending');
INSERT INTO public.image_members VALUES (2, '00000007-0000-4000-8000-000000000000', 'p2', false, '2026-11-22 16:52:48.11531', '2026-11-22 16:52:48.141985', NULL, false, 'accepted');
INSERT INTO public.image_members VALUES (3, '00000007-0000-4000-8000-000000000000', 'p3', false, '2026-11-22 16:52:48.161251', '2026-11-22 16:52:48.161259', NULL, false, 'pending');
INSERT INTO public.image_members VALUES (4, '00000007-0000-4000-8000-000000000000', 'p4', false, '2026-11-22 16:52:48.184406', '2026-11-22 16:52:48.208147', NULL, false, 'rejected');
INSERT INTO public.image_members VALUES (5, '00000007-0000-4000-8000-000000000000', 'p5', false, '2026-11-22 16:52:48.237709', '2026-11-22 16:52:48.263989', '2026-11-22 16:52:48.26325', true, 'pending');
INSERT INTO public.image_properties VALUES (1, '00000001-0000-4000-8000-000000000000', 'content', 'first image', '2026-11-22 16:52:47.350147', '2026-11-22 16:52:47.350158', NULL, false);
INSERT INTO public.image_properties VALUES (2, '00000001-0000-4000-8000-000000000000', 'os_distro', 'debian', '2026-11-22 16:52:47.351494', '2026-11-22 16:52:47.351502', NULL, false);
INSERT INTO public.image_properties VALUES (3, '00000002-0000-4000-8000-000000000000', 'content', 'public data', '2026-11-22 16:52:47.478527', '2026-11-22 16:52:47.478536', NULL, false);
INSERT INTO public.image_properties VALUES (4, '00000003-0000-4000-8000-000000000000', 'content', 'private data', '2026-11-22 16:52:47.602774', '2026-11-22 16:52:47.602786', NULL, false);
INSERT INTO public.image_properties VALUES (5, '00000004-0000-4000-8000-000000000000', 'content', 'community data', '2026-11-22 16:52:47.714173', '2026-11-22 16:52:47.714182', NULL, false);
INSERT INTO public.image_properties VALUES (6, '00000006-0000-4000-8000-000000000000', 'content', 'deleted data', '2026-11-22 16:52:47.841883', '2026-11-22 16:52:47.989052', '2026-11-22 16:52:47.988318', true);
INSERT INTO public.image_properties VALUES (7, '00000006-0000-4000-8000-000000000000', 'os_version', '1', '2026-11-22 16:52:47.842763', '2026-11-22 16:52:47.990333', '2026-11-22 16:52:47.990131', true);
INSERT INTO public.image_properties VALUES (8, '00000007-0000-4000-8000-000000000000', 'content', 'shared data', '2026-11-22 16:52:48.03826', '2026-11-22 16:52:48.038268', NULL, false);
INSERT INTO public.image_properties VALUES (9, '00000008-0000-4000-8000-000000000000', 'content', 'changed', '2026-11-22 16:52:48.304737', '2026-11-22 16:52:48.304748', NULL, false);
INSERT INTO public.image_properties VALUES (10, '00000008-0000-4000-8000-000000000000', 'foo', 'new', '2026-11-22 16:52:48.305676', '2026-11-22 16:52:48.436379', NULL, false);
INSERT INTO public.image_properties VALUES (12, '00000008-0000-4000-8000-000000000000', 'baz', 'again', '2026-11-22 16:52:48.312491', '2026-11-22 16:52:48.522943', '2026-11-22 16:52:48.440574', false);
INSERT INTO public.image_properties VALUES (11, '00000008-0000-4000-8000-000000000000', 'bar', 'removed', '2026-11-22 16:52:48.306372', '2026-11-22 16:52:48.648629', '2026-11-22 16:52:48.648303', true);
INSERT INTO public.image_properties VALUES (13, '00000009-0000-4000-8000-000000000000', 'content', 'deactivated', '2026-11-22 16:52:48.707377', '2026-11-22 16:52:48.70739', NULL, false);
INSERT INTO public.image_properties VALUES (14, '0000000a-0000-4000-8000-000000000000', 'content', 'p2 data', '2026-11-22 16:52:48.866003', '2026-11-22 16:52:48.866016', NULL, false);
INSERT INTO public.image_properties VALUES (15, '0000000b-0000-4000-8000-000000000000', 'content', 'no owner', '2026-11-22 16:52:48.974716', '2026-11-22 16:52:48.974727', NULL, false);
INSERT INTO public.image_properties VALUES (16, '0000000c-0000-4000-8000-000000000000', 'content', '', '2026-11-22 16:52:49.069585', '2026-11-22 16:52:49.069594', NULL, false);
INSERT INTO public.image_properties VALUES (17, '0000000d-0000-4000-8000-000000000000', 'content', 'two places', '2026-11-22 16:52:49.172592', '2026-11-22 16:52:49.172615', NULL, false);
INSERT INTO public.image_properties VALUES (20, '0000000d-0000-4000-8000-000000000000', 'os_glance_failed_import', '', '2026-11-22 16:52:49.871072', '2026-11-22 16:52:49.87108', NULL, false);
INSERT INTO public.image_properties VALUES (19, '0000000d-0000-4000-8000-000000000000', 'os_glance_importing_to_stores', '', '2026-11-22 16:52:49.870181', '2026-11-22 16:52:50.025102', NULL, false);
INSERT INTO public.image_tags VALUES (1, '00000001-0000-4000-8000-000000000000', 'stable', '2026-11-22 16:52:47.37236', '2026-11-22 16:52:47.372369', NULL, false);
INSERT INTO public.image_tags VALUES (2, '00000001-0000-4000-8000-000000000000', 'boot', '2026-11-22 16:52:47.376571', '2026-11-22 16:52:47.376578', NULL, false);
INSERT INTO public.image_tags VALUES (3, '00000002-0000-4000-8000-000000000000', 'boot', '2026-11-22 16:52:47.49496', '2026-11-22 16:52:47.494971', NULL, false);
INSERT INTO public.image_tags VALUES (4, '00000005-0000-4000-8000-000000000000', 'later', '2026-11-22 16:52:47.806391', '2026-11-22 16:52:47.806401', NULL, false);
INSERT INTO public.image_tags VALUES (5, '00000006-0000-4000-8000-000000000000', 'gone', '2026-11-22 16:52:47.850957', '2026-11-22 16:52:48.006172', '2026-11-22 16:52:47.997441', true);
INSERT INTO public.image_tags VALUES (7, '00000008-0000-4000-8000-000000000000', 'y', '2026-11-22 16:52:48.538216', '2026-11-22 16:52:48.538224', NULL, false);
INSERT INTO public.image_tags VALUES (6, '00000008-0000-4000-8000-000000000000', 'x', '2026-11-22 16:52:48.53742', '2026-11-22 16:52:48.589172', '2026-11-22 16:52:48.588383', true);
INSERT INTO public.image_tags VALUES (8, '00000008-0000-4000-8000-000000000000', 'x', '2026-11-22 16:52:48.660768', '2026-11-22 16:52:48.660776', NULL, false);
INSERT INTO public.images VALUES ('00000001-0000-4000-8000-000000000000', 'image 1', 11, 'active', '2026-11-22 16:52:47.330405', '2026-11-22 16:52:47.415376', NULL, false, 'raw', 'bare', '4267fc8d1f686c805196d298e5f9c733', 'p1', 0, 0, false, 11, 'shared', false, 'sha512', 'eb4837ae158649db4f5495dc89b581e6e4d00abdb55b21c8c5fddd7421dc24c90a0216e866cd36c1e4e5d28eca280325cf602c80c3844ca3f324f61b2fe1bcf7');
INSERT INTO public.images VALUES ('00000002-0000-4000-8000-000000000000', 'öffentlich', 11, 'active', '2026-11-22 16:52:47.47135', '2026-11-22 16:52:47.529171', NULL, false, 'raw', 'bare', 'fccdda0c6245ab13036f151965b4312e', 'admin', 0, 0, false, 11, 'public', false, 'sha512', '6fdba5f68cafc2fc7ebd072b2641b1bf125f2c7ddf8560dcaa00d4deeb706e5ca80d55259dc0313e84eae6b4d244b1fbb2883b5f92f9dbc6bc4823a533e98607');
INSERT INTO public.images VALUES ('00000003-0000-4000-8000-000000000000', 'image 3', 12, 'active', '2026-11-22 16:52:47.589584', '2026-11-22 16:52:47.66122', NULL, false, 'raw', 'bare', '4b6387dd1fa50afa095a1a0c6c051847', 'p1', 3, 512, false, 12, 'private', false, 'sha512', '335c698ab027ccedb47d884aabab3f79f544d7e410bc35d71898e7c282bfa5d791e60b3aa1af948ee541e9dbe1c3737cdb54f1ac5f6025a83fd97e2b6e475565');
INSERT INTO public.images VALUES ('00000004-0000-4000-8000-000000000000', 'image 4', 14, 'active', '2026-11-22 16:52:47.707679', '2026-11-22 16:52:47.752443', NULL, false, 'raw', 'bare', 'd783ac12bdc76783f1d6e3f72091472b', 'p1', 0, 0, false, 14, 'community', true, 'sha512', '398e34162713838ef0494b093103bf648fb810c5efc3dabb9a814dcaa80981092807ba47e998cb5deac38a3edbba0a4943de937bfed6979436898d0b343af98c');
INSERT INTO public.images VALUES ('00000005-0000-4000-8000-000000000000', 'queued', NULL, 'queued', '2026-11-22 16:52:47.797336', '2026-11-22 16:52:47.797336', NULL, false, 'raw', 'bare', NULL, 'p1', 0, 0, false, NULL, 'shared', false, NULL, NULL);
INSERT INTO public.images VALUES ('00000006-0000-4000-8000-000000000000', 'image 6', 12, 'deleted', '2026-11-22 16:52:47.833323', '2026-11-22 16:52:47.998259', '2026-11-22 16:52:47.997441', true, 'raw', 'bare', 'c0401f2bb4c0952ccec33c4d60e35355', 'p1', 0, 0, false, 12, 'shared', false, 'sha512', 'f6aa12e5ecaa496df184a306c05f9da8659df988eca6eebb9e292f5c5f0fed033bfe8eaf9008c49c396c88e856e4fd94859c0fcb23c5e2deef8cd5fcd9b22936');
INSERT INTO public.images VALUES ('00000007-0000-4000-8000-000000000000', 'image 7', 11, 'active', '2026-11-22 16:52:48.032461', '2026-11-22 16:52:48.071516', NULL, false, 'raw', 'bare', '147aa76bb1a334634086cf9eb009bdd7', 'p1', 0, 0, false, 11, 'shared', false, 'sha512', '7c975822d16d35364d86dd8cc786c477f607747c17dc4e47f8c3715d24282f363320d2e1a3bdc8df0905e6577851b2202ccf951e148496a8af650d2be18addd0');
INSERT INTO public.images VALUES ('00000008-0000-4000-8000-000000000000', 'image 8', 7, 'active', '2026-11-22 16:52:48.296986', '2026-11-22 16:52:48.639801', NULL, false, 'raw', 'bare', '8977dfac2f8e04cb96e66882235f5aba', 'p1', 0, 0, false, 7, 'shared', false, 'sha512', 'a24a95e7c6f2a1d44f1eb41852fba9c134991f5f3eddba42676167583b3099bea76ccd9fd116b213eef4f7495cc25ea393780ca74a84de51dd837b66672a94b6');
INSERT INTO public.images VALUES ('00000009-0000-4000-8000-000000000000', 'image 9', 11, 'deactivated', '2026-11-22 16:52:48.698865', '2026-11-22 16:52:48.805491', NULL, false, 'raw', 'bare', '7c04d50ec1496027d0ed6fd0d6f00a85', 'p1', 0, 0, true, 11, 'shared', false, 'sha512', 'bae3e1ac32154ac610538e64053d9e0d0446f84f617fa4d8790db2a95167cca14d1bd889a75a3dfd9d4f3f61a701ad2c03d1d627deb54a119ab2d67d1e28a940');
INSERT INTO public.images VALUES ('0000000a-0000-4000-8000-000000000000', 'second project', 7, 'active', '2026-11-22 16:52:48.860434', '2026-11-22 16:52:48.913322', NULL, false, 'iso', 'ovf', '3e055cb8fc369e4f9898ebe4cdc0d4fd', 'p2', 0, 0, false, NULL, 'shared', false, 'sha512', '69d22a9f6b026b97ac0522b0020afe920d162c3bdb7ba3bc7a70ca0f3c4a103a8e14e2e66349a9a59a55621c0d1ed13149376245a0be9bfec6dad00949b032d9');
INSERT INTO public.images VALUES ('0000000b-0000-4000-8000-000000000000', NULL, 8, 'active', '2026-11-22 16:52:48.96644', '2026-11-22 16:52:49.01542', NULL, false, 'raw', 'bare', 'a22d178d9725ca0f301b84456146e812', NULL, 0, 0, false, 8, 'public', false, 'sha512', '5094032a20d17799fc2b98ef0e8c473c1a4ef32c20f7756f72460121291ba822b063e573ecf4bb2e0ef53516dce3c0454f344b97952bcc7c451a586fb3372290');
INSERT INTO public.images VALUES ('0000000c-0000-4000-8000-000000000000', '', 0, 'active', '2026-11-22 16:52:49.064986', '2026-11-22 16:52:49.11843', NULL, false, 'raw', 'bare', 'd41d8cd98f00b204e9800998ecf8427e', 'p1', 0, 0, false, NULL, 'shared', false, 'sha512', 'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e');
INSERT INTO public.images VALUES ('0000000d-0000-4000-8000-000000000000', 'image 13', 10, 'active', '2026-11-22 16:52:49.163133', '2026-11-22 16:52:50.051224', NULL, false, 'raw', 'bare', '9c100c00869ace4c7d7f687b5eeda378', 'p1', 0, 0, false, 10, 'shared', false, 'sha512', 'a9255a01bac02501344c72a43ab2b0c88a02e4c10455912e81c143fb86fff9b249d4a00771b6db4c51a7e7059e69c05c83b1b120fd49210d048268d122fa3345');
INSERT INTO public.node_reference VALUES (1, 'http://127.0.0.1:28278');
INSERT INTO public.task_info VALUES ('3b22afbd-522a-4e0a-a0a7-ad1d9ce0f818', '{"image_id": "0000000d-0000-4000-8000-000000000000", "import_req": {"method": {"name": "copy-image"}, "stores": ["slow"]}, "backend": ["slow"]}', '{"image_id": "0000000d-0000-4000-8000-000000000000"}', 'Copied 0 MiB');
INSERT INTO public.tasks VALUES ('3b22afbd-522a-4e0a-a0a7-ad1d9ce0f818', 'api_image_import', 'success', 'admin', '2026-11-24 16:52:50.103881', '2026-11-22 16:52:49.233509', '2026-11-22 16:52:50.120284', NULL, false, '0000000d-0000-4000-8000-000000000000', 'req-877a689b-dd97-446a-bb02-f233d8c37059', 'user-admin');
SELECT pg_catalog.setval('public.cached_images_id_seq', 1, false);
SELECT pg_catalog.setval('public.image_locations_id_seq', 13, true);
SELECT pg_catalog.setval('public.image_members_id_seq', 5, true);
SELECT pg_catalog.setval('public.image_properties_id_seq', 20, true);
SELECT pg_catalog.setval('public.image_tags_id_seq', 8, true);
SELECT pg_catalog.setval('public.metadef_namespaces_id_seq', 1, false);
SELECT pg_catalog.setval('public.metadef_objects_id_seq', 1, false);
SELECT pg_catalog.setval('public.metadef_properties_id_seq', 1, false);
SELECT pg_catalog.setval('public.metadef_resource_types_id_seq', 1, false);
SELECT pg_catalog.setval('public.metadef_tags_id_seq', 1, false);
SELECT pg_catalog.setval('public.node_reference_node_reference_id_seq', 4, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.cached_images
    ADD CONSTRAINT cached_images_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.image_locations
    ADD CONSTRAINT image_locations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.image_members
    ADD CONSTRAINT image_members_image_id_member_deleted_at_key UNIQUE (image_id, member, deleted_at);
ALTER TABLE ONLY public.image_members
    ADD CONSTRAINT image_members_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.image_properties
    ADD CONSTRAINT image_properties_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.image_tags
    ADD CONSTRAINT image_tags_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cached_images
    ADD CONSTRAINT ix_cached_images_image_id_node_reference_id UNIQUE (image_id, node_reference_id);
ALTER TABLE ONLY public.image_properties
    ADD CONSTRAINT ix_image_properties_image_id_name UNIQUE (image_id, name);
ALTER TABLE ONLY public.metadef_namespace_resource_types
    ADD CONSTRAINT metadef_namespace_resource_types_pkey PRIMARY KEY (resource_type_id, namespace_id);
ALTER TABLE ONLY public.metadef_namespaces
    ADD CONSTRAINT metadef_namespaces_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.metadef_objects
    ADD CONSTRAINT metadef_objects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.metadef_properties
    ADD CONSTRAINT metadef_properties_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.metadef_resource_types
    ADD CONSTRAINT metadef_resource_types_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.metadef_tags
    ADD CONSTRAINT metadef_tags_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.node_reference
    ADD CONSTRAINT node_reference_pkey PRIMARY KEY (node_reference_id);
ALTER TABLE ONLY public.task_info
    ADD CONSTRAINT task_info_pkey PRIMARY KEY (task_id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.metadef_namespaces
    ADD CONSTRAINT uq_metadef_namespaces_namespace UNIQUE (namespace);
ALTER TABLE ONLY public.metadef_objects
    ADD CONSTRAINT uq_metadef_objects_namespace_id_name UNIQUE (namespace_id, name);
ALTER TABLE ONLY public.metadef_properties
    ADD CONSTRAINT uq_metadef_properties_namespace_id_name UNIQUE (namespace_id, name);
ALTER TABLE ONLY public.metadef_resource_types
    ADD CONSTRAINT uq_metadef_resource_types_name UNIQUE (name);
ALTER TABLE ONLY public.metadef_tags
    ADD CONSTRAINT uq_metadef_tags_namespace_id_name UNIQUE (namespace_id, name);
ALTER TABLE ONLY public.node_reference
    ADD CONSTRAINT uq_node_reference_node_reference_url UNIQUE (node_reference_url);
CREATE INDEX checksum_image_idx ON public.images USING btree (checksum);
CREATE INDEX created_at_image_idx ON public.images USING btree (created_at);
CREATE INDEX ix_image_locations_deleted ON public.image_locations USING btree (deleted);
CREATE INDEX ix_image_locations_image_id ON public.image_locations USING btree (image_id);
CREATE INDEX ix_image_members_deleted ON public.image_members USING btree (deleted);
CREATE INDEX ix_image_members_image_id ON public.image_members USING btree (image_id);
CREATE INDEX ix_image_members_image_id_member ON public.image_members USING btree (image_id, member);
CREATE INDEX ix_image_properties_deleted ON public.image_properties USING btree (deleted);
CREATE INDEX ix_image_properties_image_id ON public.image_properties USING btree (image_id);
CREATE INDEX ix_image_tags_image_id ON public.image_tags USING btree (image_id);
CREATE INDEX ix_image_tags_image_id_tag_value ON public.image_tags USING btree (image_id, value);
CREATE INDEX ix_images_deleted ON public.images USING btree (deleted);
CREATE INDEX ix_metadef_namespaces_owner ON public.metadef_namespaces USING btree (owner);
CREATE INDEX ix_metadef_ns_res_types_namespace_id ON public.metadef_namespace_resource_types USING btree (namespace_id);
CREATE INDEX ix_metadef_objects_name ON public.metadef_objects USING btree (name);
CREATE INDEX ix_metadef_properties_name ON public.metadef_properties USING btree (name);
CREATE INDEX ix_metadef_tags_name ON public.metadef_tags USING btree (name);
CREATE INDEX ix_tasks_deleted ON public.tasks USING btree (deleted);
CREATE INDEX ix_tasks_image_id ON public.tasks USING btree (image_id);
CREATE INDEX ix_tasks_owner ON public.tasks USING btree (owner);
CREATE INDEX ix_tasks_status ON public.tasks USING btree (status);
CREATE INDEX ix_tasks_type ON public.tasks USING btree (type);
CREATE INDEX ix_tasks_updated_at ON public.tasks USING btree (updated_at);
CREATE INDEX os_hash_value_image_idx ON public.images USING btree (os_hash_value);
CREATE INDEX os_hidden_image_idx ON public.images USING btree (os_hidden);
CREATE INDEX owner_image_idx ON public.images USING btree (owner);
CREATE INDEX updated_at_image_idx ON public.images USING btree (updated_at);
CREATE INDEX visibility_image_idx ON public.images USING btree (visibility);
ALTER TABLE ONLY public.cached_images
    ADD CONSTRAINT cached_images_node_reference_id_fkey FOREIGN KEY (node_reference_id) REFERENCES public.node_reference(node_reference_id);
ALTER TABLE ONLY public.image_locations
    ADD CONSTRAINT image_locations_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.images(id);
ALTER TABLE ONLY public.image_members
    ADD CONSTRAINT image_members_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.images(id);
ALTER TABLE ONLY public.image_properties
    ADD CONSTRAINT image_properties_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.images(id);
ALTER TABLE ONLY public.image_tags
    ADD CONSTRAINT image_tags_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.images(id);
ALTER TABLE ONLY public.metadef_namespace_resource_types
    ADD CONSTRAINT metadef_namespace_resource_types_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.metadef_namespaces(id);
ALTER TABLE ONLY public.metadef_namespace_resource_types
    ADD CONSTRAINT metadef_namespace_resource_types_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES public.metadef_resource_types(id);
ALTER TABLE ONLY public.metadef_objects
    ADD CONSTRAINT metadef_objects_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.metadef_namespaces(id);
ALTER TABLE ONLY public.metadef_properties
    ADD CONSTRAINT metadef_properties_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.metadef_namespaces(id);
ALTER TABLE ONLY public.metadef_tags
    ADD CONSTRAINT metadef_tags_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.metadef_namespaces(id);
ALTER TABLE ONLY public.task_info
    ADD CONSTRAINT task_info_task_id_fkey FOREIGN KEY (task_id) REFERENCES public.tasks(id);
