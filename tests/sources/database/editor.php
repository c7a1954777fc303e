<?php
// The site's editors, by WordPress's own functions: one act a line on standard input, JSON in and out. The tool's own
// commands start PHP and load WordPress for each act, which takes most of a second.
//   {"act": "publish", "post": {...}}          post keys as the tool's, but author; "direct" is one insert
//   {"act": "edit", "id": 7, "post": {...}}    {"act": "trash", "id": 7}    {"act": "untrash", "id": 7}
//   {"act": "due", "id": 7}                    what WordPress's cron does when a scheduled post's time has come
require $argv[1] . '/wp/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
wp_set_current_user(1);  // an administrator's HTML is kept as it is

function sure($value) { return is_wp_error($value) ? throw new Exception($value->get_error_message()) : $value; }

function photo(int $id, string $alt): void {
    imagepng(imagecreatetruecolor(640, 360), $file = wp_tempnam());
    $image = sure(media_handle_sideload(['name' => "photo-$id.png", 'tmp_name' => $file], $id));
    update_post_meta($image, '_wp_attachment_image_alt', wp_slash($alt));
    set_post_thumbnail($id, $image);
}

function save(array $post, int $id): int {
    $row = $id ? ['ID' => $id] : ['post_status' => 'publish'];
    if (!$id && empty($post['direct'])) $row['ID'] = get_default_post_to_edit('post', true)->ID;
    foreach (['title', 'content', 'excerpt', 'status'] as $key) if (isset($post[$key])) $row["post_$key"] = $post[$key];
    if (isset($post['tags'])) $row['tags_input'] = $post['tags'];
    if (isset($post['categories']))
        $row['post_category'] = array_map('wp_create_category', wp_slash($post['categories']));
    if (isset($post['date_gmt'])) [$row['post_date'], $row['post_date_gmt'], $row['edit_date']] =
        [...rest_get_date_with_gmt($post['date_gmt'], true), true];
    $id = sure(isset($row['ID']) ? wp_update_post(wp_slash($row), true) : wp_insert_post(wp_slash($row), true));
    if (isset($post['image_alt'])) photo($id, $post['image_alt']);
    return $id;
}

while (($line = fgets(STDIN)) !== false) {
    $in = json_decode($line, true);
    wp_cache_flush();  // others write to the database too
    try {
        $id = $in['id'] ?? 0;
        if ($in['act'] === 'trash') wp_trash_post($id);
        elseif ($in['act'] === 'untrash') wp_untrash_post($id);
        elseif ($in['act'] === 'due') do_action('publish_future_post', $id);
        else $id = save($in['post'], $id);
        wp_cache_flush();
        $post = get_post($id);
        echo json_encode(['id' => $id, 'status' => $post->post_status, 'guid' => $post->guid]), "\n";
    } catch (Throwable $error) {
        echo json_encode(['error' => $error->getMessage()]), "\n";
    }
}
