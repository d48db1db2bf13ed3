/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `alembic_version`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `alembic_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `alembic_version` WRITE;
/*!40000 ALTER TABLE `alembic_version` DISABLE KEYS */;
INSERT INTO `alembic_version` VALUES
('2024_1_contract01');
/*!40000 ALTER TABLE `alembic_version` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `cached_images`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `cached_images` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `image_id` varchar(36) NOT NULL,
  `last_accessed` datetime NOT NULL,
  `last_modified` datetime NOT NULL,
  `size` bigint(20) NOT NULL,
  `hits` int(11) NOT NULL,
  `checksum` varchar(32) DEFAULT NULL,
  `node_reference_id` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `ix_cached_images_image_id_node_reference_id` (`image_id`,`node_reference_id`),
  KEY `node_reference_id` (`node_reference_id`),
  CONSTRAINT `cached_images_ibfk_1` FOREIGN KEY (`node_reference_id`) REFERENCES `node_reference` (`node_reference_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `cached_images` WRITE;
/*!40000 ALTER TABLE `cached_images` DISABLE KEYS */;
/*!40000 ALTER TABLE `cached_images` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `image_locations`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `image_locations` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `image_id` varchar(36) NOT NULL,
  `value` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `deleted` tinyint(1) NOT NULL,
  `meta_data` text DEFAULT NULL,
  `status` varchar(30) NOT NULL DEFAULT 'active',
  PRIMARY KEY (`id`),
  KEY `ix_image_locations_deleted` (`deleted`),
  KEY `ix_image_locations_image_id` (`image_id`),
  CONSTRAINT `image_locations_ibfk_1` FOREIGN KEY (`image_id`) REFERENCES `images` (`id`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`deleted` in (0,1))
) ENGINE=InnoDB AUTO_INCREMENT=14 DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `image_locations` WRITE;
/*!40000 ALTER TABLE `image_locations` DISABLE KEYS */;
INSERT INTO `image_locations` VALUES
(1,'00000001-0000-4000-8000-000000000000','file://@DATA@/fast/00000001-0000-4000-8000-000000000000','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0,'{\"store\": \"fast\"}','active'),
(2,'00000002-0000-4000-8000-000000000000','file://@DATA@/fast/00000002-0000-4000-8000-000000000000','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0,'{\"store\": \"fast\"}','active'),
(3,'00000003-0000-4000-8000-000000000000','file://@DATA@/slow/00000003-0000-4000-8000-000000000000','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'{\"store\": \"slow\"}','active'),
(4,'00000004-0000-4000-8000-000000000000','file://@DATA@/fast/00000004-0000-4000-8000-000000000000','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'{\"store\": \"fast\"}','active'),
(5,'00000006-0000-4000-8000-000000000000','file://@DATA@/fast/00000006-0000-4000-8000-000000000000','2026-11-22 16:53:18','2026-11-22 16:53:18','2026-11-22 16:53:18',1,'{\"store\": \"fast\"}','deleted'),
(6,'00000007-0000-4000-8000-000000000000','file://@DATA@/fast/00000007-0000-4000-8000-000000000000','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'{\"store\": \"fast\"}','active'),
(7,'00000008-0000-4000-8000-000000000000','file://@DATA@/fast/00000008-0000-4000-8000-000000000000','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0,'{\"store\": \"fast\"}','active'),
(8,'00000009-0000-4000-8000-000000000000','file://@DATA@/fast/00000009-0000-4000-8000-000000000000','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0,'{\"store\": \"fast\"}','active'),
(9,'0000000a-0000-4000-8000-000000000000','file://@DATA@/fast/0000000a-0000-4000-8000-000000000000','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0,'{\"store\": \"fast\"}','active'),
(10,'0000000b-0000-4000-8000-000000000000','file://@DATA@/fast/0000000b-0000-4000-8000-000000000000','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0,'{\"store\": \"fast\"}','active'),
(11,'0000000c-0000-4000-8000-000000000000','file://@DATA@/fast/0000000c-0000-4000-8000-000000000000','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0,'{\"store\": \"fast\"}','active'),
(12,'0000000d-0000-4000-8000-000000000000','file://@DATA@/fast/0000000d-0000-4000-8000-000000000000','2026-11-22 16:53:20','2026-11-22 16:53:22',NULL,0,'{\"store\": \"fast\"}','active'),
(13,'0000000d-0000-4000-8000-000000000000','file://@DATA@/slow/0000000d-0000-4000-8000-000000000000','2026-11-22 16:53:21','2026-11-22 16:53:22',NULL,0,'{\"store\": \"slow\"}','active');
/*!40000 ALTER TABLE `image_locations` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `image_members`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `image_members` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `image_id` varchar(36) NOT NULL,
  `member` varchar(255) NOT NULL,
  `can_share` tinyint(1) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `deleted` tinyint(1) NOT NULL,
  `status` varchar(20) NOT NULL DEFAULT 'pending',
  PRIMARY KEY (`id`),
  UNIQUE KEY `image_members_image_id_member_deleted_at_key` (`image_id`,`member`,`deleted_at`),
  KEY `ix_image_members_deleted` (`deleted`),
  KEY `ix_image_members_image_id` (`image_id`),
  KEY `ix_image_members_image_id_member` (`image_id`,`member`),
  CONSTRAINT `image_members_ibfk_1` FOREIGN KEY (`image_id`) REFERENCES `images` (`id`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`can_share` in (0,1)),
  CONSTRAINT `CONSTRAINT_2` CHECK (`deleted` in (0,1))
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `image_members` WRITE;
/*!40000 ALTER TABLE `image_members` DISABLE KEYS */;
INSERT INTO `image_members` VALUES
(1,'00000006-0000-4000-8000-000000000000','p2',0,'2026-11-22 16:53:18','2026-11-22 16:53:18','2026-11-22 16:53:18',1,'pending'),
(2,'00000007-0000-4000-8000-000000000000','p2',0,'2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'accepted'),
(3,'00000007-0000-4000-8000-000000000000','p3',0,'2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'pending'),
(4,'00000007-0000-4000-8000-000000000000','p4',0,'2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0,'rejected'),
(5,'00000007-0000-4000-8000-000000000000','p5',0,'2026-11-22 16:53:19','2026-11-22 16:53:19','2026-11-22 16:53:19',1,'pending');
/*!40000 ALTER TABLE `image_members` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `image_properties`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `image_properties` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `image_id` varchar(36) NOT NULL,
  `name` varchar(255) NOT NULL,
  `value` text DEFAULT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `deleted` tinyint(1) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `ix_image_properties_image_id_name` (`image_id`,`name`),
  KEY `ix_image_properties_deleted` (`deleted`),
  KEY `ix_image_properties_image_id` (`image_id`),
  CONSTRAINT `image_properties_ibfk_1` FOREIGN KEY (`image_id`) REFERENCES `images` (`id`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`deleted` in (0,1))
) ENGINE=InnoDB AUTO_INCREMENT=21 DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `image_properties` WRITE;
/*!40000 ALTER TABLE `image_properties` DISABLE KEYS */;
INSERT INTO `image_properties` VALUES
(1,'00000001-0000-4000-8000-000000000000','content','first image','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(2,'00000001-0000-4000-8000-000000000000','os_distro','debian','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(3,'00000002-0000-4000-8000-000000000000','content','public data','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(4,'00000003-0000-4000-8000-000000000000','content','private data','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(5,'00000004-0000-4000-8000-000000000000','content','community data','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0),
(6,'00000006-0000-4000-8000-000000000000','content','deleted data','2026-11-22 16:53:18','2026-11-22 16:53:18','2026-11-22 16:53:18',1),
(7,'00000006-0000-4000-8000-000000000000','os_version','1','2026-11-22 16:53:18','2026-11-22 16:53:18','2026-11-22 16:53:18',1),
(8,'00000007-0000-4000-8000-000000000000','content','shared data','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0),
(9,'00000008-0000-4000-8000-000000000000','content','changed','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0),
(10,'00000008-0000-4000-8000-000000000000','foo','new','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0),
(11,'00000008-0000-4000-8000-000000000000','bar','removed','2026-11-22 16:53:19','2026-11-22 16:53:19','2026-11-22 16:53:19',1),
(12,'00000008-0000-4000-8000-000000000000','baz','again','2026-11-22 16:53:19','2026-11-22 16:53:19','2026-11-22 16:53:19',0),
(13,'00000009-0000-4000-8000-000000000000','content','deactivated','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0),
(14,'0000000a-0000-4000-8000-000000000000','content','p2 data','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0),
(15,'0000000b-0000-4000-8000-000000000000','content','no owner','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0),
(16,'0000000c-0000-4000-8000-000000000000','content','','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0),
(17,'0000000d-0000-4000-8000-000000000000','content','two places','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0),
(19,'0000000d-0000-4000-8000-000000000000','os_glance_importing_to_stores','','2026-11-22 16:53:21','2026-11-22 16:53:21',NULL,0),
(20,'0000000d-0000-4000-8000-000000000000','os_glance_failed_import','','2026-11-22 16:53:21','2026-11-22 16:53:21',NULL,0);
/*!40000 ALTER TABLE `image_properties` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `image_tags`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `image_tags` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `image_id` varchar(36) NOT NULL,
  `value` varchar(255) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `deleted` tinyint(1) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_image_tags_image_id` (`image_id`),
  KEY `ix_image_tags_image_id_tag_value` (`image_id`,`value`),
  CONSTRAINT `image_tags_ibfk_1` FOREIGN KEY (`image_id`) REFERENCES `images` (`id`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`deleted` in (0,1))
) ENGINE=InnoDB AUTO_INCREMENT=9 DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `image_tags` WRITE;
/*!40000 ALTER TABLE `image_tags` DISABLE KEYS */;
INSERT INTO `image_tags` VALUES
(1,'00000001-0000-4000-8000-000000000000','boot','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(2,'00000001-0000-4000-8000-000000000000','stable','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(3,'00000002-0000-4000-8000-000000000000','boot','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0),
(4,'00000005-0000-4000-8000-000000000000','later','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0),
(5,'00000006-0000-4000-8000-000000000000','gone','2026-11-22 16:53:18','2026-11-22 16:53:18','2026-11-22 16:53:18',1),
(6,'00000008-0000-4000-8000-000000000000','x','2026-11-22 16:53:19','2026-11-22 16:53:19','2026-11-22 16:53:19',1),
(7,'00000008-0000-4000-8000-000000000000','y','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0),
(8,'00000008-0000-4000-8000-000000000000','x','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0);
/*!40000 ALTER TABLE `image_tags` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `images`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `images` (
  `id` varchar(36) NOT NULL,
  `name` varchar(255) DEFAULT NULL,
  `size` bigint(20) DEFAULT NULL,
  `status` varchar(30) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `deleted` tinyint(1) NOT NULL,
  `disk_format` varchar(20) DEFAULT NULL,
  `container_format` varchar(20) DEFAULT NULL,
  `checksum` varchar(32) DEFAULT NULL,
  `owner` varchar(255) DEFAULT NULL,
  `min_disk` int(11) NOT NULL,
  `min_ram` int(11) NOT NULL,
  `protected` tinyint(1) NOT NULL DEFAULT 0,
  `virtual_size` bigint(20) DEFAULT NULL,
  `visibility` enum('private','public','shared','community') NOT NULL DEFAULT 'shared',
  `os_hidden` tinyint(1) NOT NULL DEFAULT 0,
  `os_hash_algo` varchar(64) DEFAULT NULL,
  `os_hash_value` varchar(128) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `checksum_image_idx` (`checksum`),
  KEY `ix_images_deleted` (`deleted`),
  KEY `owner_image_idx` (`owner`),
  KEY `created_at_image_idx` (`created_at`),
  KEY `updated_at_image_idx` (`updated_at`),
  KEY `visibility_image_idx` (`visibility`),
  KEY `os_hidden_image_idx` (`os_hidden`),
  KEY `os_hash_value_image_idx` (`os_hash_value`),
  CONSTRAINT `CONSTRAINT_2` CHECK (`deleted` in (0,1)),
  CONSTRAINT `CONSTRAINT_3` CHECK (`protected` in (0,1))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `images` WRITE;
/*!40000 ALTER TABLE `images` DISABLE KEYS */;
INSERT INTO `images` VALUES
('00000001-0000-4000-8000-000000000000','image 1',11,'active','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0,'raw','bare','4267fc8d1f686c805196d298e5f9c733','p1',0,0,0,11,'shared',0,'sha512','eb4837ae158649db4f5495dc89b581e6e4d00abdb55b21c8c5fddd7421dc24c90a0216e866cd36c1e4e5d28eca280325cf602c80c3844ca3f324f61b2fe1bcf7'),
('00000002-0000-4000-8000-000000000000','öffentlich',11,'active','2026-11-22 16:53:17','2026-11-22 16:53:17',NULL,0,'raw','bare','fccdda0c6245ab13036f151965b4312e','admin',0,0,0,11,'public',0,'sha512','6fdba5f68cafc2fc7ebd072b2641b1bf125f2c7ddf8560dcaa00d4deeb706e5ca80d55259dc0313e84eae6b4d244b1fbb2883b5f92f9dbc6bc4823a533e98607'),
('00000003-0000-4000-8000-000000000000','image 3',12,'active','2026-11-22 16:53:17','2026-11-22 16:53:18',NULL,0,'raw','bare','4b6387dd1fa50afa095a1a0c6c051847','p1',3,512,0,12,'private',0,'sha512','335c698ab027ccedb47d884aabab3f79f544d7e410bc35d71898e7c282bfa5d791e60b3aa1af948ee541e9dbe1c3737cdb54f1ac5f6025a83fd97e2b6e475565'),
('00000004-0000-4000-8000-000000000000','image 4',14,'active','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'raw','bare','d783ac12bdc76783f1d6e3f72091472b','p1',0,0,0,14,'community',1,'sha512','398e34162713838ef0494b093103bf648fb810c5efc3dabb9a814dcaa80981092807ba47e998cb5deac38a3edbba0a4943de937bfed6979436898d0b343af98c'),
('00000005-0000-4000-8000-000000000000','queued',NULL,'queued','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'raw','bare',NULL,'p1',0,0,0,NULL,'shared',0,NULL,NULL),
('00000006-0000-4000-8000-000000000000','image 6',12,'deleted','2026-11-22 16:53:18','2026-11-22 16:53:18','2026-11-22 16:53:18',1,'raw','bare','c0401f2bb4c0952ccec33c4d60e35355','p1',0,0,0,12,'shared',0,'sha512','f6aa12e5ecaa496df184a306c05f9da8659df988eca6eebb9e292f5c5f0fed033bfe8eaf9008c49c396c88e856e4fd94859c0fcb23c5e2deef8cd5fcd9b22936'),
('00000007-0000-4000-8000-000000000000','image 7',11,'active','2026-11-22 16:53:18','2026-11-22 16:53:18',NULL,0,'raw','bare','147aa76bb1a334634086cf9eb009bdd7','p1',0,0,0,11,'shared',0,'sha512','7c975822d16d35364d86dd8cc786c477f607747c17dc4e47f8c3715d24282f363320d2e1a3bdc8df0905e6577851b2202ccf951e148496a8af650d2be18addd0'),
('00000008-0000-4000-8000-000000000000','image 8',7,'active','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0,'raw','bare','8977dfac2f8e04cb96e66882235f5aba','p1',0,0,0,7,'shared',0,'sha512','a24a95e7c6f2a1d44f1eb41852fba9c134991f5f3eddba42676167583b3099bea76ccd9fd116b213eef4f7495cc25ea393780ca74a84de51dd837b66672a94b6'),
('00000009-0000-4000-8000-000000000000','image 9',11,'deactivated','2026-11-22 16:53:19','2026-11-22 16:53:19',NULL,0,'raw','bare','7c04d50ec1496027d0ed6fd0d6f00a85','p1',0,0,1,11,'shared',0,'sha512','bae3e1ac32154ac610538e64053d9e0d0446f84f617fa4d8790db2a95167cca14d1bd889a75a3dfd9d4f3f61a701ad2c03d1d627deb54a119ab2d67d1e28a940'),
('0000000a-0000-4000-8000-000000000000','second project',7,'active','2026-11-22 16:53:19','2026-11-22 16:53:20',NULL,0,'iso','ovf','3e055cb8fc369e4f9898ebe4cdc0d4fd','p2',0,0,0,NULL,'shared',0,'sha512','69d22a9f6b026b97ac0522b0020afe920d162c3bdb7ba3bc7a70ca0f3c4a103a8e14e2e66349a9a59a55621c0d1ed13149376245a0be9bfec6dad00949b032d9'),
('0000000b-0000-4000-8000-000000000000',NULL,8,'active','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0,'raw','bare','a22d178d9725ca0f301b84456146e812',NULL,0,0,0,8,'public',0,'sha512','5094032a20d17799fc2b98ef0e8c473c1a4ef32c20f7756f72460121291ba822b063e573ecf4bb2e0ef53516dce3c0454f344b97952bcc7c451a586fb3372290'),
('0000000c-0000-4000-8000-000000000000','',0,'active','2026-11-22 16:53:20','2026-11-22 16:53:20',NULL,0,'raw','bare','d41d8cd98f00b204e9800998ecf8427e','p1',0,0,0,NULL,'shared',0,'sha512','cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e'),
('0000000d-0000-4000-8000-000000000000','image 13',10,'active','2026-11-22 16:53:20','2026-11-22 16:53:22',NULL,0,'raw','bare','9c100c00869ace4c7d7f687b5eeda378','p1',0,0,0,10,'shared',0,'sha512','a9255a01bac02501344c72a43ab2b0c88a02e4c10455912e81c143fb86fff9b249d4a00771b6db4c51a7e7059e69c05c83b1b120fd49210d048268d122fa3345');
/*!40000 ALTER TABLE `images` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `metadef_namespace_resource_types`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metadef_namespace_resource_types` (
  `resource_type_id` int(11) NOT NULL,
  `namespace_id` int(11) NOT NULL,
  `properties_target` varchar(80) DEFAULT NULL,
  `prefix` varchar(80) DEFAULT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  PRIMARY KEY (`resource_type_id`,`namespace_id`),
  KEY `ix_metadef_ns_res_types_namespace_id` (`namespace_id`),
  CONSTRAINT `metadef_namespace_resource_types_ibfk_1` FOREIGN KEY (`namespace_id`) REFERENCES `metadef_namespaces` (`id`),
  CONSTRAINT `metadef_namespace_resource_types_ibfk_2` FOREIGN KEY (`resource_type_id`) REFERENCES `metadef_resource_types` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `metadef_namespace_resource_types` WRITE;
/*!40000 ALTER TABLE `metadef_namespace_resource_types` DISABLE KEYS */;
/*!40000 ALTER TABLE `metadef_namespace_resource_types` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `metadef_namespaces`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metadef_namespaces` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `namespace` varchar(80) NOT NULL,
  `display_name` varchar(80) DEFAULT NULL,
  `description` text DEFAULT NULL,
  `visibility` varchar(32) DEFAULT NULL,
  `protected` tinyint(1) DEFAULT NULL,
  `owner` varchar(255) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_metadef_namespaces_namespace` (`namespace`),
  KEY `ix_metadef_namespaces_owner` (`owner`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`protected` in (0,1))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `metadef_namespaces` WRITE;
/*!40000 ALTER TABLE `metadef_namespaces` DISABLE KEYS */;
/*!40000 ALTER TABLE `metadef_namespaces` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `metadef_objects`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metadef_objects` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `namespace_id` int(11) NOT NULL,
  `name` varchar(80) NOT NULL,
  `description` text DEFAULT NULL,
  `required` text DEFAULT NULL,
  `json_schema` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_metadef_objects_namespace_id_name` (`namespace_id`,`name`),
  KEY `ix_metadef_objects_name` (`name`),
  CONSTRAINT `metadef_objects_ibfk_1` FOREIGN KEY (`namespace_id`) REFERENCES `metadef_namespaces` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `metadef_objects` WRITE;
/*!40000 ALTER TABLE `metadef_objects` DISABLE KEYS */;
/*!40000 ALTER TABLE `metadef_objects` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `metadef_properties`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metadef_properties` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `namespace_id` int(11) NOT NULL,
  `name` varchar(80) NOT NULL,
  `json_schema` text NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_metadef_properties_namespace_id_name` (`namespace_id`,`name`),
  KEY `ix_metadef_properties_name` (`name`),
  CONSTRAINT `metadef_properties_ibfk_1` FOREIGN KEY (`namespace_id`) REFERENCES `metadef_namespaces` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `metadef_properties` WRITE;
/*!40000 ALTER TABLE `metadef_properties` DISABLE KEYS */;
/*!40000 ALTER TABLE `metadef_properties` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `metadef_resource_types`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metadef_resource_types` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(80) NOT NULL,
  `protected` tinyint(1) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_metadef_resource_types_name` (`name`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`protected` in (0,1))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `metadef_resource_types` WRITE;
/*!40000 ALTER TABLE `metadef_resource_types` DISABLE KEYS */;
/*!40000 ALTER TABLE `metadef_resource_types` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `metadef_tags`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `metadef_tags` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `namespace_id` int(11) NOT NULL,
  `name` varchar(80) NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_metadef_tags_namespace_id_name` (`namespace_id`,`name`),
  KEY `ix_metadef_tags_name` (`name`),
  CONSTRAINT `metadef_tags_ibfk_1` FOREIGN KEY (`namespace_id`) REFERENCES `metadef_namespaces` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `metadef_tags` WRITE;
/*!40000 ALTER TABLE `metadef_tags` DISABLE KEYS */;
/*!40000 ALTER TABLE `metadef_tags` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `node_reference`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `node_reference` (
  `node_reference_id` bigint(20) NOT NULL AUTO_INCREMENT,
  `node_reference_url` varchar(255) NOT NULL,
  PRIMARY KEY (`node_reference_id`),
  UNIQUE KEY `uq_node_reference_node_reference_url` (`node_reference_url`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `node_reference` WRITE;
/*!40000 ALTER TABLE `node_reference` DISABLE KEYS */;
INSERT INTO `node_reference` VALUES
(1,'http://127.0.0.1:28622');
/*!40000 ALTER TABLE `node_reference` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `task_info`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `task_info` (
  `task_id` varchar(36) NOT NULL,
  `input` text DEFAULT NULL,
  `result` text DEFAULT NULL,
  `message` text DEFAULT NULL,
  PRIMARY KEY (`task_id`),
  CONSTRAINT `task_info_ibfk_1` FOREIGN KEY (`task_id`) REFERENCES `tasks` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `task_info` WRITE;
/*!40000 ALTER TABLE `task_info` DISABLE KEYS */;
INSERT INTO `task_info` VALUES
('3caf9ed8-9016-42c2-8d39-292f76b500b0','{\"image_id\": \"0000000d-0000-4000-8000-000000000000\", \"import_req\": {\"method\": {\"name\": \"copy-image\"}, \"stores\": [\"slow\"]}, \"backend\": [\"slow\"]}','{\"image_id\": \"0000000d-0000-4000-8000-000000000000\"}','Copied 0 MiB');
/*!40000 ALTER TABLE `task_info` ENABLE KEYS */;
UNLOCK TABLES;
DROP TABLE IF EXISTS `tasks`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tasks` (
  `id` varchar(36) NOT NULL,
  `type` varchar(30) NOT NULL,
  `status` varchar(30) NOT NULL,
  `owner` varchar(255) NOT NULL,
  `expires_at` datetime DEFAULT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `deleted` tinyint(1) NOT NULL,
  `image_id` varchar(36) DEFAULT NULL,
  `request_id` varchar(64) DEFAULT NULL,
  `user_id` varchar(64) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_tasks_deleted` (`deleted`),
  KEY `ix_tasks_owner` (`owner`),
  KEY `ix_tasks_status` (`status`),
  KEY `ix_tasks_type` (`type`),
  KEY `ix_tasks_updated_at` (`updated_at`),
  KEY `ix_tasks_image_id` (`image_id`),
  CONSTRAINT `CONSTRAINT_1` CHECK (`deleted` in (0,1))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
LOCK TABLES `tasks` WRITE;
/*!40000 ALTER TABLE `tasks` DISABLE KEYS */;
INSERT INTO `tasks` VALUES
('3caf9ed8-9016-42c2-8d39-292f76b500b0','api_image_import','success','admin','2026-11-24 16:53:22','2026-11-22 16:53:20','2026-11-22 16:53:22',NULL,0,'0000000d-0000-4000-8000-000000000000','req-85d71ebd-9b80-47ef-bd94-06109e0c5d9d','user-admin');
/*!40000 ALTER TABLE `tasks` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;
