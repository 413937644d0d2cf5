module github.com/buildsync/buildsync/tools/record

go 1.26.8
