set -e
php -r 'exit(version_compare(PHP_VERSION, "8.1", ">=") ? 0 : 1);'
composer config -g repo.packagist composer https://repo.huaweicloud.com/repository/php/
composer install --no-interaction --no-dev --optimize-autoloader
vendor/bin/phpunit --log-junit junit.xml
zip -qr "app-${BUILDNUMBER}.zip" . -x '.git/*' 'tests/*'
