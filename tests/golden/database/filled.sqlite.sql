PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES('2024_1_contract01');
CREATE TABLE image_properties (
	id INTEGER NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	value TEXT, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deleted_at DATETIME, 
	deleted BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(image_id) REFERENCES images (id), 
	CONSTRAINT ix_image_properties_image_id_name UNIQUE (image_id, name), 
	CHECK (deleted IN (0, 1))
);
INSERT INTO image_properties VALUES(1,'00000001-0000-4000-8000-000000000000','content','first image','2026-11-22 16:52:26.919166','2026-11-22 16:52:26.919179',NULL,0);
INSERT INTO image_properties VALUES(2,'00000001-0000-4000-8000-000000000000','os_distro','debian','2026-11-22 16:52:26.919762','2026-11-22 16:52:26.919783',NULL,0);
INSERT INTO image_properties VALUES(3,'00000002-0000-4000-8000-000000000000','content','public data','2026-11-22 16:52:27.175242','2026-11-22 16:52:27.175251',NULL,0);
INSERT INTO image_properties VALUES(4,'00000003-0000-4000-8000-000000000000','content','private data','2026-11-22 16:52:27.342627','2026-11-22 16:52:27.342635',NULL,0);
INSERT INTO image_properties VALUES(5,'00000004-0000-4000-8000-000000000000','content','community data','2026-11-22 16:52:27.489899','2026-11-22 16:52:27.489908',NULL,0);
INSERT INTO image_properties VALUES(6,'00000006-0000-4000-8000-000000000000','content','deleted data','2026-11-22 16:52:27.749643','2026-11-22 16:52:28.022018','2026-11-22 16:52:28.021488',1);
INSERT INTO image_properties VALUES(7,'00000006-0000-4000-8000-000000000000','os_version','1','2026-11-22 16:52:27.750061','2026-11-22 16:52:28.022674','2026-11-22 16:52:28.022530',1);
INSERT INTO image_properties VALUES(8,'00000007-0000-4000-8000-000000000000','content','shared data','2026-11-22 16:52:28.126968','2026-11-22 16:52:28.126979',NULL,0);
INSERT INTO image_properties VALUES(9,'00000008-0000-4000-8000-000000000000','content','changed','2026-11-22 16:52:28.694458','2026-11-22 16:52:28.694466',NULL,0);
INSERT INTO image_properties VALUES(10,'00000008-0000-4000-8000-000000000000','foo','new','2026-11-22 16:52:28.694817','2026-11-22 16:52:28.881543',NULL,0);
INSERT INTO image_properties VALUES(11,'00000008-0000-4000-8000-000000000000','bar','removed','2026-11-22 16:52:28.695035','2026-11-22 16:52:29.616368','2026-11-22 16:52:29.616092',1);
INSERT INTO image_properties VALUES(12,'00000008-0000-4000-8000-000000000000','baz','again','2026-11-22 16:52:28.695224','2026-11-22 16:52:29.040280','2026-11-22 16:52:28.883622',0);
INSERT INTO image_properties VALUES(13,'00000009-0000-4000-8000-000000000000','content','deactivated','2026-11-22 16:52:29.680502','2026-11-22 16:52:29.680515',NULL,0);
INSERT INTO image_properties VALUES(14,'0000000a-0000-4000-8000-000000000000','content','p2 data','2026-11-22 16:52:29.915992','2026-11-22 16:52:29.916000',NULL,0);
INSERT INTO image_properties VALUES(15,'0000000b-0000-4000-8000-000000000000','content','no owner','2026-11-22 16:52:30.058780','2026-11-22 16:52:30.058789',NULL,0);
INSERT INTO image_properties VALUES(16,'0000000c-0000-4000-8000-000000000000','content','','2026-11-22 16:52:30.164189','2026-11-22 16:52:30.164198',NULL,0);
INSERT INTO image_properties VALUES(17,'0000000d-0000-4000-8000-000000000000','content','two places','2026-11-22 16:52:30.276002','2026-11-22 16:52:30.276010',NULL,0);
INSERT INTO image_properties VALUES(19,'0000000d-0000-4000-8000-000000000000','os_glance_importing_to_stores','','2026-11-22 16:52:30.709647','2026-11-22 16:52:31.047342',NULL,0);
INSERT INTO image_properties VALUES(20,'0000000d-0000-4000-8000-000000000000','os_glance_failed_import','','2026-11-22 16:52:30.712426','2026-11-22 16:52:30.712434',NULL,0);
CREATE TABLE image_locations (
	id INTEGER NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	value TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deleted_at DATETIME, 
	deleted BOOLEAN NOT NULL, 
	meta_data TEXT, 
	status VARCHAR(30) DEFAULT 'active' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(image_id) REFERENCES images (id), 
	CHECK (deleted IN (0, 1))
);
INSERT INTO image_locations VALUES(1,'00000001-0000-4000-8000-000000000000','file://@DATA@/fast/00000001-0000-4000-8000-000000000000','2026-11-22 16:52:27.086630','2026-11-22 16:52:27.086638',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(2,'00000002-0000-4000-8000-000000000000','file://@DATA@/fast/00000002-0000-4000-8000-000000000000','2026-11-22 16:52:27.264002','2026-11-22 16:52:27.264009',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(3,'00000003-0000-4000-8000-000000000000','file://@DATA@/slow/00000003-0000-4000-8000-000000000000','2026-11-22 16:52:27.437738','2026-11-22 16:52:27.437746',NULL,0,'{"store": "slow"}','active');
INSERT INTO image_locations VALUES(4,'00000004-0000-4000-8000-000000000000','file://@DATA@/fast/00000004-0000-4000-8000-000000000000','2026-11-22 16:52:27.567326','2026-11-22 16:52:27.567334',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(5,'00000006-0000-4000-8000-000000000000','file://@DATA@/fast/00000006-0000-4000-8000-000000000000','2026-11-22 16:52:27.892418','2026-11-22 16:52:27.992793','2026-11-22 16:52:27.992793',1,'{"store": "fast"}','deleted');
INSERT INTO image_locations VALUES(6,'00000007-0000-4000-8000-000000000000','file://@DATA@/fast/00000007-0000-4000-8000-000000000000','2026-11-22 16:52:28.220816','2026-11-22 16:52:28.220823',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(7,'00000008-0000-4000-8000-000000000000','file://@DATA@/fast/00000008-0000-4000-8000-000000000000','2026-11-22 16:52:28.810144','2026-11-22 16:52:29.617425',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(8,'00000009-0000-4000-8000-000000000000','file://@DATA@/fast/00000009-0000-4000-8000-000000000000','2026-11-22 16:52:29.761937','2026-11-22 16:52:29.828858',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(9,'0000000a-0000-4000-8000-000000000000','file://@DATA@/fast/0000000a-0000-4000-8000-000000000000','2026-11-22 16:52:30.010942','2026-11-22 16:52:30.010950',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(10,'0000000b-0000-4000-8000-000000000000','file://@DATA@/fast/0000000b-0000-4000-8000-000000000000','2026-11-22 16:52:30.116825','2026-11-22 16:52:30.116833',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(11,'0000000c-0000-4000-8000-000000000000','file://@DATA@/fast/0000000c-0000-4000-8000-000000000000','2026-11-22 16:52:30.241903','2026-11-22 16:52:30.241912',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(12,'0000000d-0000-4000-8000-000000000000','file://@DATA@/fast/0000000d-0000-4000-8000-000000000000','2026-11-22 16:52:30.324566','2026-11-22 16:52:31.102435',NULL,0,'{"store": "fast"}','active');
INSERT INTO image_locations VALUES(13,'0000000d-0000-4000-8000-000000000000','file://@DATA@/slow/0000000d-0000-4000-8000-000000000000','2026-11-22 16:52:31.060892','2026-11-22 16:52:31.102994',NULL,0,'{"store": "slow"}','active');
CREATE TABLE image_members (
	id INTEGER NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	member VARCHAR(255) NOT NULL, 
	can_share BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deleted_at DATETIME, 
	deleted BOOLEAN NOT NULL, 
	status VARCHAR(20) DEFAULT 'pending' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(image_id) REFERENCES images (id), 
	CONSTRAINT image_members_image_id_member_deleted_at_key UNIQUE (image_id, member, deleted_at), 
	CHECK (can_share IN (0, 1)), 
	CHECK (deleted IN (0, 1))
);
INSERT INTO image_members VALUES(1,'00000006-0000-4000-8000-000000000000','p2',0,'2026-11-22 16:52:27.953416','2026-11-22 16:52:28.057340','2026-11-22 16:52:28.051242',1,'pending');
INSERT INTO image_members VALUES(2,'00000007-0000-4000-8000-000000000000','p2',0,'2026-11-22 16:52:28.269159','2026-11-22 16:52:28.330992',NULL,0,'accepted');
INSERT INTO image_members VALUES(3,'00000007-0000-4000-8000-000000000000','p3',0,'2026-11-22 16:52:28.382806','2026-11-22 16:52:28.382817',NULL,0,'pending');
INSERT INTO image_members VALUES(4,'00000007-0000-4000-8000-000000000000','p4',0,'2026-11-22 16:52:28.449737','2026-11-22 16:52:28.504604',NULL,0,'rejected');
INSERT INTO image_members VALUES(5,'00000007-0000-4000-8000-000000000000','p5',0,'2026-11-22 16:52:28.581099','2026-11-22 16:52:28.630808','2026-11-22 16:52:28.630275',1,'pending');
CREATE TABLE image_tags (
	id INTEGER NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	value VARCHAR(255) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deleted_at DATETIME, 
	deleted BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(image_id) REFERENCES images (id), 
	CHECK (deleted IN (0, 1))
);
INSERT INTO image_tags VALUES(1,'00000001-0000-4000-8000-000000000000','stable','2026-11-22 16:52:26.974850','2026-11-22 16:52:26.974862',NULL,0);
INSERT INTO image_tags VALUES(2,'00000001-0000-4000-8000-000000000000','boot','2026-11-22 16:52:26.975456','2026-11-22 16:52:26.975461',NULL,0);
INSERT INTO image_tags VALUES(3,'00000002-0000-4000-8000-000000000000','boot','2026-11-22 16:52:27.202175','2026-11-22 16:52:27.202186',NULL,0);
INSERT INTO image_tags VALUES(4,'00000005-0000-4000-8000-000000000000','later','2026-11-22 16:52:27.665617','2026-11-22 16:52:27.665630',NULL,0);
INSERT INTO image_tags VALUES(5,'00000006-0000-4000-8000-000000000000','gone','2026-11-22 16:52:27.789507','2026-11-22 16:52:28.058211','2026-11-22 16:52:28.051242',1);
INSERT INTO image_tags VALUES(6,'00000008-0000-4000-8000-000000000000','y','2026-11-22 16:52:29.285480','2026-11-22 16:52:29.285493',NULL,0);
INSERT INTO image_tags VALUES(7,'00000008-0000-4000-8000-000000000000','x','2026-11-22 16:52:29.285933','2026-11-22 16:52:29.548897','2026-11-22 16:52:29.543584',1);
INSERT INTO image_tags VALUES(8,'00000008-0000-4000-8000-000000000000','x','2026-11-22 16:52:29.634711','2026-11-22 16:52:29.634721',NULL,0);
CREATE TABLE tasks (
	id VARCHAR(36) NOT NULL, 
	type VARCHAR(30) NOT NULL, 
	status VARCHAR(30) NOT NULL, 
	owner VARCHAR(255) NOT NULL, 
	expires_at DATETIME, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deleted_at DATETIME, 
	deleted BOOLEAN NOT NULL, image_id VARCHAR(36), request_id VARCHAR(64), user_id VARCHAR(64), 
	PRIMARY KEY (id), 
	CHECK (deleted IN (0, 1))
);
INSERT INTO tasks VALUES('c559220f-9da6-410b-8a23-e9f7a60bd861','api_image_import','success','admin','2026-11-24 16:52:31.129454','2026-11-22 16:52:30.357827','2026-11-22 16:52:31.130367',NULL,0,'0000000d-0000-4000-8000-000000000000','req-613f77b6-d567-403c-b9f7-9fac75523447','user-admin');
CREATE TABLE task_info (
	task_id VARCHAR(36) NOT NULL, 
	input TEXT, 
	result TEXT, 
	message TEXT, 
	PRIMARY KEY (task_id), 
	FOREIGN KEY(task_id) REFERENCES tasks (id)
);
INSERT INTO task_info VALUES('c559220f-9da6-410b-8a23-e9f7a60bd861','{"image_id": "0000000d-0000-4000-8000-000000000000", "import_req": {"method": {"name": "copy-image"}, "stores": ["slow"]}, "backend": ["slow"]}','{"image_id": "0000000d-0000-4000-8000-000000000000"}','Copied 0 MiB');
CREATE TABLE metadef_namespaces (
	id INTEGER NOT NULL, 
	namespace VARCHAR(80) NOT NULL, 
	display_name VARCHAR(80), 
	description TEXT, 
	visibility VARCHAR(32), 
	protected BOOLEAN, 
	owner VARCHAR(255) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_metadef_namespaces_namespace UNIQUE (namespace), 
	CHECK (protected IN (0, 1))
);
CREATE TABLE metadef_resource_types (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	protected BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_metadef_resource_types_name UNIQUE (name), 
	CHECK (protected IN (0, 1))
);
CREATE TABLE metadef_namespace_resource_types (
	resource_type_id INTEGER NOT NULL, 
	namespace_id INTEGER NOT NULL, 
	properties_target VARCHAR(80), 
	prefix VARCHAR(80), 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	PRIMARY KEY (resource_type_id, namespace_id), 
	FOREIGN KEY(namespace_id) REFERENCES metadef_namespaces (id), 
	FOREIGN KEY(resource_type_id) REFERENCES metadef_resource_types (id)
);
CREATE TABLE metadef_objects (
	id INTEGER NOT NULL, 
	namespace_id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	description TEXT, 
	required TEXT, 
	json_schema TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(namespace_id) REFERENCES metadef_namespaces (id), 
	CONSTRAINT uq_metadef_objects_namespace_id_name UNIQUE (namespace_id, name)
);
CREATE TABLE metadef_properties (
	id INTEGER NOT NULL, 
	namespace_id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	json_schema TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(namespace_id) REFERENCES metadef_namespaces (id), 
	CONSTRAINT uq_metadef_properties_namespace_id_name UNIQUE (namespace_id, name)
);
CREATE TABLE metadef_tags (
	id INTEGER NOT NULL, 
	namespace_id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(namespace_id) REFERENCES metadef_namespaces (id), 
	CONSTRAINT uq_metadef_tags_namespace_id_name UNIQUE (namespace_id, name)
);
CREATE TABLE node_reference (
	node_reference_id INTEGER NOT NULL, 
	node_reference_url VARCHAR(255) NOT NULL, 
	PRIMARY KEY (node_reference_id), 
	CONSTRAINT uq_node_reference_node_reference_url UNIQUE (node_reference_url)
);
INSERT INTO node_reference VALUES(1,'http://127.0.0.1:26340');
CREATE TABLE cached_images (
	id INTEGER NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	last_accessed DATETIME NOT NULL, 
	last_modified DATETIME NOT NULL, 
	size BIGINT NOT NULL, 
	hits INTEGER NOT NULL, 
	checksum VARCHAR(32), 
	node_reference_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(node_reference_id) REFERENCES node_reference (node_reference_id), 
	CONSTRAINT ix_cached_images_image_id_node_reference_id UNIQUE (image_id, node_reference_id)
);
CREATE TABLE IF NOT EXISTS "images" (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(255), 
	size INTEGER, 
	status VARCHAR(30) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME, 
	deleted_at DATETIME, 
	deleted BOOLEAN NOT NULL, 
	disk_format VARCHAR(20), 
	container_format VARCHAR(20), 
	checksum VARCHAR(32), 
	owner VARCHAR(255), 
	min_disk INTEGER NOT NULL, 
	min_ram INTEGER NOT NULL, 
	protected BOOLEAN DEFAULT 0 NOT NULL, 
	virtual_size INTEGER, 
	visibility VARCHAR(9) DEFAULT 'shared' NOT NULL, 
	os_hidden BOOLEAN DEFAULT 0 NOT NULL, 
	os_hash_algo VARCHAR(64), 
	os_hash_value VARCHAR(128), 
	PRIMARY KEY (id)
);
INSERT INTO images VALUES('00000001-0000-4000-8000-000000000000','image 1',11,'active','2026-11-22 16:52:26.884691','2026-11-22 16:52:27.074416',NULL,0,'raw','bare','4267fc8d1f686c805196d298e5f9c733','p1',0,0,0,11,'shared',0,'sha512','eb4837ae158649db4f5495dc89b581e6e4d00abdb55b21c8c5fddd7421dc24c90a0216e866cd36c1e4e5d28eca280325cf602c80c3844ca3f324f61b2fe1bcf7');
INSERT INTO images VALUES('00000002-0000-4000-8000-000000000000','öffentlich',11,'active','2026-11-22 16:52:27.167420','2026-11-22 16:52:27.261819',NULL,0,'raw','bare','fccdda0c6245ab13036f151965b4312e','admin',0,0,0,11,'public',0,'sha512','6fdba5f68cafc2fc7ebd072b2641b1bf125f2c7ddf8560dcaa00d4deeb706e5ca80d55259dc0313e84eae6b4d244b1fbb2883b5f92f9dbc6bc4823a533e98607');
INSERT INTO images VALUES('00000003-0000-4000-8000-000000000000','image 3',12,'active','2026-11-22 16:52:27.330109','2026-11-22 16:52:27.430221',NULL,0,'raw','bare','4b6387dd1fa50afa095a1a0c6c051847','p1',3,512,0,12,'private',0,'sha512','335c698ab027ccedb47d884aabab3f79f544d7e410bc35d71898e7c282bfa5d791e60b3aa1af948ee541e9dbe1c3737cdb54f1ac5f6025a83fd97e2b6e475565');
INSERT INTO images VALUES('00000004-0000-4000-8000-000000000000','image 4',14,'active','2026-11-22 16:52:27.483718','2026-11-22 16:52:27.565074',NULL,0,'raw','bare','d783ac12bdc76783f1d6e3f72091472b','p1',0,0,0,14,'community',1,'sha512','398e34162713838ef0494b093103bf648fb810c5efc3dabb9a814dcaa80981092807ba47e998cb5deac38a3edbba0a4943de937bfed6979436898d0b343af98c');
INSERT INTO images VALUES('00000005-0000-4000-8000-000000000000','queued',NULL,'queued','2026-11-22 16:52:27.615466','2026-11-22 16:52:27.615466',NULL,0,'raw','bare',NULL,'p1',0,0,0,NULL,'shared',0,NULL,NULL);
INSERT INTO images VALUES('00000006-0000-4000-8000-000000000000','image 6',12,'deleted','2026-11-22 16:52:27.738856','2026-11-22 16:52:28.051927','2026-11-22 16:52:28.051242',1,'raw','bare','c0401f2bb4c0952ccec33c4d60e35355','p1',0,0,0,12,'shared',0,'sha512','f6aa12e5ecaa496df184a306c05f9da8659df988eca6eebb9e292f5c5f0fed033bfe8eaf9008c49c396c88e856e4fd94859c0fcb23c5e2deef8cd5fcd9b22936');
INSERT INTO images VALUES('00000007-0000-4000-8000-000000000000','image 7',11,'active','2026-11-22 16:52:28.105647','2026-11-22 16:52:28.214453',NULL,0,'raw','bare','147aa76bb1a334634086cf9eb009bdd7','p1',0,0,0,11,'shared',0,'sha512','7c975822d16d35364d86dd8cc786c477f607747c17dc4e47f8c3715d24282f363320d2e1a3bdc8df0905e6577851b2202ccf951e148496a8af650d2be18addd0');
INSERT INTO images VALUES('00000008-0000-4000-8000-000000000000','image 8',7,'active','2026-11-22 16:52:28.692362','2026-11-22 16:52:29.605635',NULL,0,'raw','bare','8977dfac2f8e04cb96e66882235f5aba','p1',0,0,0,7,'shared',0,'sha512','a24a95e7c6f2a1d44f1eb41852fba9c134991f5f3eddba42676167583b3099bea76ccd9fd116b213eef4f7495cc25ea393780ca74a84de51dd837b66672a94b6');
INSERT INTO images VALUES('00000009-0000-4000-8000-000000000000','image 9',11,'deactivated','2026-11-22 16:52:29.673634','2026-11-22 16:52:29.819025',NULL,0,'raw','bare','7c04d50ec1496027d0ed6fd0d6f00a85','p1',0,0,1,11,'shared',0,'sha512','bae3e1ac32154ac610538e64053d9e0d0446f84f617fa4d8790db2a95167cca14d1bd889a75a3dfd9d4f3f61a701ad2c03d1d627deb54a119ab2d67d1e28a940');
INSERT INTO images VALUES('0000000a-0000-4000-8000-000000000000','second project',7,'active','2026-11-22 16:52:29.913591','2026-11-22 16:52:30.008760',NULL,0,'iso','ovf','3e055cb8fc369e4f9898ebe4cdc0d4fd','p2',0,0,0,NULL,'shared',0,'sha512','69d22a9f6b026b97ac0522b0020afe920d162c3bdb7ba3bc7a70ca0f3c4a103a8e14e2e66349a9a59a55621c0d1ed13149376245a0be9bfec6dad00949b032d9');
INSERT INTO images VALUES('0000000b-0000-4000-8000-000000000000',NULL,8,'active','2026-11-22 16:52:30.050767','2026-11-22 16:52:30.110508',NULL,0,'raw','bare','a22d178d9725ca0f301b84456146e812',NULL,0,0,0,8,'public',0,'sha512','5094032a20d17799fc2b98ef0e8c473c1a4ef32c20f7756f72460121291ba822b063e573ecf4bb2e0ef53516dce3c0454f344b97952bcc7c451a586fb3372290');
INSERT INTO images VALUES('0000000c-0000-4000-8000-000000000000','',0,'active','2026-11-22 16:52:30.155961','2026-11-22 16:52:30.233937',NULL,0,'raw','bare','d41d8cd98f00b204e9800998ecf8427e','p1',0,0,0,NULL,'shared',0,'sha512','cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e');
INSERT INTO images VALUES('0000000d-0000-4000-8000-000000000000','image 13',10,'active','2026-11-22 16:52:30.273910','2026-11-22 16:52:31.099720',NULL,0,'raw','bare','9c100c00869ace4c7d7f687b5eeda378','p1',0,0,0,10,'shared',0,'sha512','a9255a01bac02501344c72a43ab2b0c88a02e4c10455912e81c143fb86fff9b249d4a00771b6db4c51a7e7059e69c05c83b1b120fd49210d048268d122fa3345');
CREATE INDEX ix_image_properties_deleted ON image_properties (deleted);
CREATE INDEX ix_image_properties_image_id ON image_properties (image_id);
CREATE INDEX ix_image_locations_deleted ON image_locations (deleted);
CREATE INDEX ix_image_locations_image_id ON image_locations (image_id);
CREATE INDEX ix_image_members_deleted ON image_members (deleted);
CREATE INDEX ix_image_members_image_id ON image_members (image_id);
CREATE INDEX ix_image_members_image_id_member ON image_members (image_id, member);
CREATE INDEX ix_image_tags_image_id ON image_tags (image_id);
CREATE INDEX ix_image_tags_image_id_tag_value ON image_tags (image_id, value);
CREATE INDEX ix_tasks_deleted ON tasks (deleted);
CREATE INDEX ix_tasks_owner ON tasks (owner);
CREATE INDEX ix_tasks_status ON tasks (status);
CREATE INDEX ix_tasks_type ON tasks (type);
CREATE INDEX ix_tasks_updated_at ON tasks (updated_at);
CREATE INDEX ix_metadef_namespaces_owner ON metadef_namespaces (owner);
CREATE INDEX ix_metadef_ns_res_types_namespace_id ON metadef_namespace_resource_types (namespace_id);
CREATE INDEX ix_metadef_objects_name ON metadef_objects (name);
CREATE INDEX ix_metadef_properties_name ON metadef_properties (name);
CREATE INDEX ix_metadef_tags_name ON metadef_tags (name);
CREATE INDEX ix_tasks_image_id ON tasks (image_id);
CREATE INDEX os_hash_value_image_idx ON images (os_hash_value);
CREATE INDEX visibility_image_idx ON images (visibility);
CREATE INDEX ix_images_deleted ON images (deleted);
CREATE INDEX updated_at_image_idx ON images (updated_at);
CREATE INDEX created_at_image_idx ON images (created_at);
CREATE INDEX checksum_image_idx ON images (checksum);
CREATE INDEX owner_image_idx ON images (owner);
CREATE INDEX os_hidden_image_idx ON images (os_hidden);
COMMIT;
