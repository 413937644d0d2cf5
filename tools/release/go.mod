module github.com/buildsync/buildsync/tools/release

go 1.26.8
