package lint

import "testing"

func TestWithArticle(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{"AWS access key": "an AWS access key", "npm token": "an npm token", "Alibaba Cloud access key": "an Alibaba Cloud access key", "OpenAI key": "an OpenAI key", "xAI key": "an xAI key", "Huawei Cloud secret key": "a Huawei Cloud secret key", "password": "a password"} {
		if got := withArticle(kind); got != want {
			t.Errorf("withArticle(%q) = %q, want %q", kind, got, want)
		}
	}
}
